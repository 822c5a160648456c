// The log of a job's page: source, lines, view and its buttons.

import { Lines } from "./ansi.js";
import { Search } from "./search.js";
import { LogSource } from "./socket.js";
import { View } from "./view.js";

const TYPING = 150; // ms of rest before a search starts

class LogPage {
  constructor(section) {
    this.section = section;
    this.find = (name) => section.querySelector(`[data-log-${name}]`);
    this.lines = new Lines();
    this.search = new Search(this.lines.rows);
    this.target = fromHash();
    this.buttons();
    this.source = new LogSource({
      url: section.dataset.url,
      pollUrl: section.dataset.pollUrl,
      after: Number(section.dataset.after) || 0,
      execution: Number(section.dataset.execution) || 0,
      on: {
        chunks: (chunks) => this.add(chunks),
        state: (state) => this.tellPage(state),
        restart: () => this.restart(),
        status: (name, text) => this.status(name, text),
      },
    });
    this.source.start();
  }

  // The server's copy of the last lines stays until the first line is here.
  open() {
    const scroller = this.find("scroller");
    this.find("copy")?.remove();
    scroller.hidden = false;
    this.view = new View(scroller, this.lines.rows, {
      marks: (index) => this.search.inRow(index),
      pick: (number, extend) => this.pick(number, extend),
      follow: (on) => this.showFollowing(on),
    });
    addEventListener("hashchange", () => {
      this.target = fromHash();
      this.goToTarget();
    });
  }

  add(chunks) {
    let changed = Infinity;
    for (const { stream, text } of chunks) {
      changed = Math.min(changed, this.lines.push(stream, text));
    }
    if (!this.view) {
      this.open();
    }
    this.search.extend(changed);
    this.view.changed(changed);
    this.showCount();
    this.goToTarget();
  }

  restart() {
    this.lines = new Lines();
    this.search.rows = this.lines.rows;
    this.search.set(this.search.words);
    if (this.view) {
      this.view.rows = this.lines.rows;
      this.view.redraw();
    }
  }

  // A linked line is shown once it has come.
  goToTarget() {
    if (this.view && this.target && this.target[0] <= this.lines.number) {
      this.view.showPicked(...this.target, { scroll: true });
      this.target = null;
    }
  }

  pick(number, extend) {
    const [first] = extend && this.anchor ? [this.anchor] : [number];
    this.anchor = first;
    const range = [Math.min(first, number), Math.max(first, number)];
    const hash = range[0] === range[1] ? `#L${range[0]}` : `#L${range[0]}-L${range[1]}`;
    history.replaceState(history.state, "", hash);
    this.view.showPicked(...range);
  }

  buttons() {
    const field = this.find("search");
    let timer = 0;
    field.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.searchFor(field.value), TYPING);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.searchFor(field.value);
        this.go(event.shiftKey ? -1 : 1);
      }
    });
    this.find("next").addEventListener("click", () => this.go(1));
    this.find("previous").addEventListener("click", () => this.go(-1));
    this.find("follow").addEventListener("click", () => this.view?.follow(!this.view.following));
  }

  searchFor(words) {
    if (words.toLowerCase() !== this.search.words) {
      this.search.set(words);
      this.view?.redraw();
      this.showCount();
    }
  }

  go(by) {
    const match = this.view && this.search.step(by, this.view.firstVisible());
    if (match) {
      this.view.reveal(match[0]);
      this.view.redraw();
      this.showCount();
    }
  }

  showCount() {
    this.find("count").textContent = this.search.count();
  }

  showFollowing(on) {
    this.find("follow").setAttribute("aria-pressed", on);
  }

  status(name, text) {
    const element = this.find("status");
    if (element.dataset.state === "ended" && (name === "connecting" || name === "live")) {
      return; // the page knew it all along; only reading is left
    }
    if (element.textContent !== text) {
      element.textContent = text;
      element.dataset.state = name;
    }
    const empty = this.find("empty");
    if (empty && name === "ended" && !this.lines.rows.length) {
      empty.textContent = "This attempt wrote nothing.";
    }
  }

  // Other parts of the page ask the server again when they hear this.
  tellPage(state) {
    document.dispatchEvent(new CustomEvent("job:changed", { detail: state }));
  }
}

// The lines that the address names, as [first, last], or null.
function fromHash() {
  const match = /^#L(\d{1,9})(?:-L?(\d{1,9}))?$/.exec(location.hash);
  if (!match) {
    return null;
  }
  const [first, last] = [Number(match[1]), Number(match[2] ?? match[1])];
  return [Math.min(first, last), Math.max(first, last)];
}

for (const section of document.querySelectorAll("section.log[data-url]")) {
  new LogPage(section);
}
