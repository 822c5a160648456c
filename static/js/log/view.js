// Draws the rows that are in sight, and only those.

import { pieces } from "./ansi.js";

const SPARE = 20; // rows above and below
const TALLEST = 8_000_000; // pixels; browsers draw nothing beyond some such height

export class View {
  // `marks(index)` gives the found ranges of a row; `pick(number, extend)` is told of clicked numbers.
  constructor(scroller, rows, { marks, pick, follow }) {
    Object.assign(this, { scroller, rows, marks, pick });
    this.tellFollow = follow;
    this.following = true;
    this.picked = [0, 0];
    this.drawn = new Map();
    this.lastTop = 0;
    this.build();
    this.measure();
    scroller.addEventListener("scroll", () => this.scrolled(), { passive: true });
    new ResizeObserver(() => this.resized()).observe(scroller);
  }

  build() {
    this.spacer = document.createElement("div");
    this.spacer.className = "log-spacer";
    this.canvas = document.createElement("div");
    this.canvas.className = "log-canvas";
    this.spacer.append(this.canvas);
    this.scroller.replaceChildren(this.spacer);
    this.canvas.addEventListener("click", (event) => this.clicked(event));
  }

  measure() {
    const probe = document.createElement("div");
    probe.className = "log-row";
    probe.textContent = "0";
    this.canvas.append(probe);
    this.height = probe.getBoundingClientRect().height || 18;
    probe.remove();
  }

  resized() {
    this.measure();
    this.changed(0);
  }

  // Rows from this index on are new or changed.
  changed(from) {
    for (const [index, element] of this.drawn) {
      if (index >= from) {
        element.remove();
        this.drawn.delete(index);
      }
    }
    this.schedule();
  }

  redraw() {
    this.changed(0);
  }

  schedule() {
    if (this.frame) {
      return;
    }
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  // A very long log is taller than the page may be: then one pixel of it stands for several.
  scale() {
    const whole = this.rows.length * this.height;
    const shown = Math.min(whole, TALLEST);
    const room = this.scroller.clientHeight;
    return shown > room ? (whole - room) / (shown - room) : 1;
  }

  firstVisible() {
    return Math.floor((this.scroller.scrollTop * this.scale()) / this.height);
  }

  draw() {
    this.spacer.style.height = `${Math.min(this.rows.length * this.height, TALLEST)}px`;
    if (this.following) {
      this.scroller.scrollTop = this.scroller.scrollHeight;
      this.lastTop = this.scroller.scrollTop;
    }
    const visible = this.firstVisible();
    const first = Math.max(0, visible - SPARE);
    const last = Math.min(
      this.rows.length,
      visible + Math.ceil(this.scroller.clientHeight / this.height) + SPARE,
    );
    this.place(first);
    this.fill(first, last);
  }

  place(first) {
    const top = this.scroller.scrollTop;
    const offset = top * this.scale() - first * this.height;
    this.canvas.style.transform = `translateY(${Math.max(0, top - offset)}px)`;
  }

  fill(first, last) {
    for (const [index, element] of this.drawn) {
      if (index < first || index >= last) {
        element.remove();
        this.drawn.delete(index);
      }
    }
    let before = this.canvas.firstChild;
    for (let index = first; index < last; index += 1) {
      let element = this.drawn.get(index);
      if (!element) {
        element = this.element(index);
        this.drawn.set(index, element);
      }
      if (element === before) {
        before = before.nextSibling;
      } else {
        this.canvas.insertBefore(element, before);
      }
    }
  }

  element(index) {
    const row = this.rows[index];
    const element = document.createElement("div");
    element.className = `log-row log-${row.stream}`;
    const isPicked = row.number >= this.picked[0] && row.number <= this.picked[1];
    element.classList.toggle("log-picked", isPicked);
    element.append(this.numberOf(row), this.textOf(row, index));
    if (!row.more) {
      element.id = `L${row.number}`;
    }
    return element;
  }

  numberOf(row) {
    const number = document.createElement("a");
    number.className = "log-number";
    number.href = `#L${row.number}`;
    number.tabIndex = -1;
    number.textContent = row.more ? "" : row.number;
    number.dataset.number = row.number;
    return number;
  }

  textOf(row, index) {
    const text = document.createElement("span");
    text.className = "log-text";
    const { found, current } = this.marks(index);
    if (!row.runs.length && !found.length) {
      text.textContent = row.text;
      return text;
    }
    for (const [part, className, match] of pieces(row, found)) {
      const piece = document.createElement(match < 0 ? "span" : "mark");
      piece.className = className;
      piece.classList.toggle("log-current", match >= 0 && match === current);
      piece.textContent = part;
      text.append(piece);
    }
    return text;
  }

  clicked(event) {
    const number = event.target.closest(".log-number");
    if (number) {
      event.preventDefault();
      this.pick(Number(number.dataset.number), event.shiftKey);
    }
  }

  // Mark lines; the row of the first one is brought into sight when asked.
  showPicked(first, last, { scroll = false } = {}) {
    this.picked = [first, last];
    if (scroll) {
      this.reveal(this.indexOf(first));
    }
    this.redraw();
  }

  indexOf(number) {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.rows[middle].number < number) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  reveal(index) {
    this.follow(false);
    this.spacer.style.height = `${Math.min(this.rows.length * this.height, TALLEST)}px`;
    const middle = (this.scroller.clientHeight - this.height) / 2;
    this.scroller.scrollTop = Math.max(0, index * this.height - middle) / this.scale();
    this.lastTop = this.scroller.scrollTop;
    this.schedule();
  }

  follow(on) {
    if (this.following !== on) {
      this.following = on;
      this.tellFollow(on);
    }
    this.schedule();
  }

  // Scrolling up ends following, reaching the end begins it again.
  scrolled() {
    const { scrollTop, clientHeight, scrollHeight } = this.scroller;
    const atEnd = scrollTop + clientHeight >= scrollHeight - this.height * 1.5;
    if (scrollTop < this.lastTop && !atEnd) {
      this.follow(false);
    } else if (scrollTop > this.lastTop && atEnd) {
      this.follow(true);
    }
    this.lastTop = scrollTop;
    this.schedule();
  }
}
