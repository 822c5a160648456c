// The log of a job's page: source, lines, view and its buttons.

import { Lines } from "./ansi.js";
import { Search } from "./search.js";
import { LogSource } from "./socket.js";
import { View } from "./view.js";

const TYPING = 150; // ms of rest before a search starts
const TIMES = "log-times"; // where the choice is remembered

class LogPage {
  constructor(section) {
    this.section = section;
    this.find = (name) => section.querySelector(`[data-log-${name}]`);
    this.lines = new Lines();
    this.times = []; // of the chunks, by number
    this.steps = read("log-steps") ?? [];
    this.titles = read("log-titles") ?? {};
    this.search = new Search(this.lines.rows);
    this.target = fromHash();
    this.buttons();
    this.source = new LogSource({
      url: section.dataset.url,
      pollUrl: section.dataset.pollUrl,
      after: Number(section.dataset.after) || 0,
      execution: Number(section.dataset.execution) || 0,
      beat: Number(section.dataset.beat) || 20,
      on: {
        chunks: (chunks) => this.add(chunks),
        state: (state) => this.hear(state),
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
      timeOf: (row) => (this.times[row.seq] ? new Date(this.times[row.seq]) : null),
      heading: (step, count) => this.heading(step, count),
      pick: (number, extend) => this.pick(number, extend),
      follow: (on) => this.showFollowing(on),
      folded: () => this.showFolding(),
    });
    this.view.setSteps(this.steps);
    this.view.showTimes(this.showsTimes());
    addEventListener("hashchange", () => {
      this.target = fromHash();
      this.goToTarget();
    });
  }

  add(chunks) {
    let changed = Infinity;
    for (const { seq, stream, text, at } of chunks) {
      this.times[seq] = at ? Date.parse(at) : 0;
      changed = Math.min(changed, this.lines.push(stream, text, seq));
    }
    if (!this.view) {
      this.open();
    }
    this.search.extend(changed);
    this.view.changed(changed);
    this.showCount();
    this.showDropped();
    this.goToTarget();
  }

  restart() {
    this.lines = new Lines();
    this.times = [];
    this.steps = [];
    this.search.rows = this.lines.rows;
    this.search.set(this.search.words);
    if (this.view) {
      this.view.rows = this.lines.rows;
      this.view.setSteps([]);
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
    this.find("times").setAttribute("aria-pressed", this.showsTimes());
    this.find("times").addEventListener("click", () => this.toggleTimes());
    this.find("fold").addEventListener("click", () => this.view?.fold(null));
  }

  searchFor(words) {
    if (words.toLowerCase() !== this.search.words) {
      this.search.set(words);
      this.view?.redraw();
      this.showCount();
    }
  }

  go(by) {
    const match = this.view && this.search.step(by, this.view.firstVisibleRow());
    if (match) {
      this.view.reveal(match[0]);
      this.view.redraw();
      this.showCount();
    }
  }

  showsTimes() {
    return localStorage.getItem(TIMES) === "on";
  }

  toggleTimes() {
    const on = !this.showsTimes();
    localStorage.setItem(TIMES, on ? "on" : "off");
    this.find("times").setAttribute("aria-pressed", on);
    this.view?.showTimes(on);
  }

  showFolding() {
    const button = this.find("fold");
    button.hidden = this.view.groups.steps.length === 0;
    button.textContent = this.view.groups.areAllOpen() ? "Fold all" : "Unfold all";
  }

  // The words of a step's heading.
  heading(step, count) {
    const title = this.titles[step.name] ?? step.name.replaceAll("_", " ");
    const detail = [step.status === "failed" ? "failed" : "", step.status === "running" ? "running" : took(step)];
    if (!this.view.groups.isOpen(step)) {
      detail.push(`${count.toLocaleString("en")} ${count === 1 ? "line" : "lines"}`);
    }
    return {
      title: step.round > 1 ? `${title}, round ${step.round}` : title,
      detail: detail.filter(Boolean).join(", "),
    };
  }

  // A page has only so much memory.
  showDropped() {
    const note = this.find("dropped");
    note.hidden = this.lines.dropped === 0;
    const count = this.lines.dropped.toLocaleString("en");
    note.textContent = `The first ${count} lines are not shown here; the download has them.`;
  }

  showCount() {
    this.find("count").textContent = this.search.count();
    this.find("previous").hidden = this.find("next").hidden = !this.search.words;
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
  hear(state) {
    if (state.steps && JSON.stringify(state.steps) !== JSON.stringify(this.steps)) {
      this.steps = state.steps;
      this.view?.setSteps(this.steps);
    }
    document.dispatchEvent(new CustomEvent("job:changed", { detail: state }));
  }
}

// What the server wrote into the page, or null.
function read(id) {
  const element = document.getElementById(id);
  return element && JSON.parse(element.textContent);
}

// How long a step took, as the timeline says it.
function took({ started, finished }) {
  if (!finished) {
    return "";
  }
  const seconds = Math.max(0, Date.parse(finished) - Date.parse(started)) / 1_000;
  if (seconds < 60) {
    return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  }
  return `${Math.floor(seconds / 60)} m ${Math.round(seconds) % 60} s`;
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
