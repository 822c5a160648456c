// The log folds by step: which rows belong to which step, and what is shown of them.
//
// A place is where something stands in what is shown: a step's heading or a row.

// The index of the first row for which `beyond` holds; rows are sorted by it.
export function firstRow(rows, beyond) {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beyond(rows[middle])) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

const name = (step) => `${step.name} ${step.round}`;
const says = (step) => step.last === null || step.last > step.first;

export class Groups {
  constructor() {
    this.steps = [];
    this.chosen = new Map(); // what the reader opened and closed
    this.seenOpen = new Set(); // what was open once does not close by itself
    this.parts = [];
    this.size = 0; // places
  }

  // `steps` are those of the server's messages, in order.
  set(steps) {
    this.steps = steps.filter(says);
    this.steps.forEach((step, index) => {
      if (step.status !== "completed" || index === this.steps.length - 1) {
        this.seenOpen.add(name(step));
      }
    });
  }

  isOpen(step) {
    return this.chosen.get(name(step)) ?? this.seenOpen.has(name(step));
  }

  toggle(step) {
    this.chosen.set(name(step), !this.isOpen(step));
  }

  toggleAll() {
    const open = !this.areAllOpen();
    this.steps.forEach((step) => this.chosen.set(name(step), open));
  }

  areAllOpen() {
    return this.steps.every((step) => this.isOpen(step));
  }

  // Work out the parts: rows of a step or between steps, each with the place where it begins.
  arrange(rows) {
    this.parts = [];
    this.size = 0;
    let done = 0;
    for (const [index, step] of this.steps.entries()) {
      const begin = Math.max(done, firstRow(rows, (row) => row.seq > step.first));
      const next = this.steps[index + 1]?.first ?? Infinity;
      const last = Math.min(step.last ?? Infinity, next);
      const end = Math.max(begin, firstRow(rows, (row) => row.seq > last));
      this.add(null, done, begin);
      this.add(step, begin, end);
      done = end;
    }
    this.add(null, done, rows.length);
  }

  add(step, begin, end) {
    if (begin === end) {
      return;
    }
    const open = !step || this.isOpen(step);
    this.parts.push({ step, begin, end, open, place: this.size });
    this.size += (step ? 1 : 0) + (open ? end - begin : 0);
  }

  // What stands at a place: { step, count } for a heading, else { row }.
  at(place) {
    const part = this.parts.findLast((each) => each.place <= place);
    const inside = place - part.place - (part.step ? 1 : 0);
    return inside < 0 ? { step: part.step, count: part.end - part.begin } : { row: part.begin + inside };
  }

  // Where a row stands, or the heading of the closed step that it is in.
  placeOf(row) {
    const part = this.partOf(row);
    if (!part) {
      return this.size;
    }
    return part.open ? part.place + (part.step ? 1 : 0) + row - part.begin : part.place;
  }

  // The first row that stands at a place or after it.
  rowAt(place) {
    const part = this.parts.findLast((each) => each.place <= place);
    if (!part) {
      return 0;
    }
    return part.begin + Math.max(0, Math.min(place - part.place - (part.step ? 1 : 0), part.end - part.begin - 1));
  }

  // Open what a row is in.
  open(row) {
    const part = this.partOf(row);
    if (part?.step && !part.open) {
      this.chosen.set(name(part.step), true);
    }
  }

  partOf(row) {
    return this.parts.find((each) => row < each.end);
  }
}
