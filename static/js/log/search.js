// Finds words in rows as they come.

const MOST = 100_000; // matches; beyond that nobody counts

// In lower case, every letter at its place: a few become longer and stay as they are.
export function folded(text) {
  const lower = text.toLowerCase();
  if (lower.length === text.length) {
    return lower;
  }
  return [...text].map((each) => (each.toLowerCase().length === each.length ? each.toLowerCase() : each)).join("");
}

export class Search {
  constructor(rows) {
    this.rows = rows;
    this.set("");
  }

  set(words) {
    this.words = folded(words);
    this.matches = []; // [row, start], sorted
    this.current = -1;
    this.seen = 0; // rows that were looked at
    this.extend(0);
  }

  // Rows from this index on are new or changed.
  extend(changed) {
    this.seen = Math.min(this.seen, changed);
    while (this.matches.length && this.matches[this.matches.length - 1][0] >= this.seen) {
      this.matches.pop();
    }
    this.current = Math.min(this.current, this.matches.length - 1);
    for (; this.words && this.seen < this.rows.length; this.seen += 1) {
      this.look(this.seen);
    }
  }

  look(index) {
    const text = folded(this.rows[index].text);
    let start = text.indexOf(this.words);
    while (start >= 0 && this.matches.length < MOST) {
      this.matches.push([index, start]);
      start = text.indexOf(this.words, start + this.words.length);
    }
  }

  // The index in `matches` of the first one in or after a row.
  firstFrom(row) {
    let [low, high] = [0, this.matches.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.matches[middle][0] < row) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  // Ranges to mark in a row, and which of them is the current one (or -1).
  inRow(row) {
    const found = [];
    let current = -1;
    for (let at = this.firstFrom(row); at < this.matches.length && this.matches[at][0] === row; at += 1) {
      current = at === this.current ? found.length : current;
      found.push([this.matches[at][1], this.matches[at][1] + this.words.length]);
    }
    return { found, current };
  }

  // Go to the next (1) or previous (-1) match; the first time to the first one from `row` on.
  step(by, row) {
    const count = this.matches.length;
    if (!count) {
      return null;
    }
    const next = this.current < 0 ? this.firstFrom(row) : this.current + by;
    this.current = (next + count) % count;
    return this.matches[this.current];
  }

  count() {
    if (!this.words) {
      return "";
    }
    const total = this.matches.length < MOST ? `${this.matches.length}` : `${MOST} or more`;
    return this.current < 0 ? `${total} found` : `${this.current + 1} of ${total}`;
  }
}
