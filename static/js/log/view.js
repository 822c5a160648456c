// Draws the rows and headings that are in sight, and only those.

import { heading, numberOf, textOf, timeOf } from "./elements.js";
import { Groups, firstRow } from "./groups.js";

const SPARE = 20; // rows above and below
const TALLEST = 8_000_000; // pixels; browsers draw nothing beyond some such height

export class View {
  // `marks(index)` gives the found ranges of a row, `timeOf(row)` its Date or null, `heading(step)`
  // the words of a step; `pick(number, extend)` is told of clicked numbers, `folded()` of steps
  // that were opened or closed.
  constructor(scroller, rows, { marks, timeOf, heading, pick, follow, folded }) {
    Object.assign(this, { scroller, rows, marks, timeOf, heading, pick });
    this.tellFollow = follow;
    this.tellFolded = folded;
    this.groups = new Groups();
    this.showsTimes = false;
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
    this.redraw();
  }

  // Rows from this index on are new or changed.
  changed(from) {
    this.groups.arrange(this.rows);
    this.forget(this.groups.placeOf(from));
  }

  redraw() {
    this.groups.arrange(this.rows);
    this.forget(0);
  }

  forget(from) {
    for (const [place, element] of this.drawn) {
      if (place >= from) {
        element.remove();
        this.drawn.delete(place);
      }
    }
    this.schedule();
  }

  setSteps(steps) {
    this.groups.set(steps);
    this.redraw();
    this.tellFolded();
  }

  fold(step) {
    if (step) {
      this.groups.toggle(step);
    } else {
      this.groups.toggleAll();
    }
    this.follow(false);
    this.redraw();
    this.tellFolded();
  }

  showTimes(on) {
    this.showsTimes = on;
    this.redraw();
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
    const whole = this.groups.size * this.height;
    const shown = Math.min(whole, TALLEST);
    const room = this.scroller.clientHeight;
    return shown > room ? (whole - room) / (shown - room) : 1;
  }

  firstVisible() {
    return Math.floor((this.scroller.scrollTop * this.scale()) / this.height);
  }

  firstVisibleRow() {
    return this.groups.rowAt(this.firstVisible());
  }

  stretch() {
    this.spacer.style.height = `${Math.min(this.groups.size * this.height, TALLEST)}px`;
  }

  draw() {
    this.stretch();
    if (this.following) {
      this.scroller.scrollTop = this.scroller.scrollHeight;
      this.lastTop = this.scroller.scrollTop;
    }
    const visible = this.firstVisible();
    const first = Math.max(0, visible - SPARE);
    const last = Math.min(
      this.groups.size,
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

  element(place) {
    const { step, count, row: index } = this.groups.at(place);
    if (step) {
      return this.headingOf(step, count);
    }
    const row = this.rows[index];
    const element = document.createElement("div");
    element.className = `log-row log-${row.stream}`;
    const isPicked = row.number >= this.picked[0] && row.number <= this.picked[1];
    element.classList.toggle("log-picked", isPicked);
    const times = this.showsTimes ? [timeOf(row.more ? null : this.timeOf(row))] : [];
    element.append(numberOf(row), ...times, textOf(row, this.marks(index)));
    if (!row.more) {
      element.id = `L${row.number}`;
    }
    return element;
  }

  headingOf(step, count) {
    const words = { ...this.heading(step, count), status: step.status };
    return heading(words, this.groups.isOpen(step), () => this.foldFromHere(step));
  }

  // The heading is drawn anew: it keeps the focus.
  foldFromHere(step) {
    this.fold(step);
    this.draw();
    const place = this.groups.parts.find((part) => part.step === step)?.place;
    this.drawn.get(place)?.querySelector("button").focus({ preventScroll: true });
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
    return firstRow(this.rows, (row) => row.number >= number);
  }

  // Bring a row into sight; the step that it is in opens.
  reveal(index) {
    this.follow(false);
    this.groups.open(index);
    this.redraw();
    this.tellFolded();
    this.stretch();
    const middle = (this.scroller.clientHeight - this.height) / 2;
    this.scroller.scrollTop = Math.max(0, this.groups.placeOf(index) * this.height - middle) / this.scale();
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
