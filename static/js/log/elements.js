// The elements of rows and headings: text only, never markup.

import { pieces } from "./ansi.js";

const CLOCK = { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" };

function span(className, text) {
  const element = document.createElement("span");
  element.className = className;
  element.textContent = text;
  return element;
}

// A step's heading; `toggled` is called when it is to open or close.
export function heading({ title, detail, status }, open, toggled) {
  const element = document.createElement("div");
  element.className = `log-row log-heading log-${status}`;
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", open);
  const arrow = span("log-arrow", open ? "\u25be" : "\u25b8");
  button.append(arrow, span("log-title", title), span("log-detail", detail));
  button.addEventListener("click", toggled);
  element.append(button);
  return element;
}

// When a line came; without a moment the place stays empty.
export function timeOf(moment) {
  const time = document.createElement("time");
  time.className = "log-time";
  if (moment) {
    time.dateTime = moment.toISOString();
    time.title = moment.toLocaleString();
    time.textContent = moment.toLocaleTimeString([], CLOCK);
  }
  return time;
}

// The number links to its line; a row in which a line goes on has none.
export function numberOf(row) {
  const number = document.createElement(row.more ? "span" : "a");
  number.className = "log-number";
  number.dataset.number = row.number;
  if (!row.more) {
    number.href = `#L${row.number}`;
    number.tabIndex = -1;
    number.textContent = row.number;
  }
  return number;
}

// The styled text, with what a search found in it.
export function textOf(row, { found, current }) {
  const text = span("log-text", "");
  if (row.runs.length || found.length) {
    text.append(...pieces(row, found).map((piece) => pieceOf(piece, current)));
  } else {
    text.textContent = row.text;
  }
  if (row.cut) {
    const size = row.cut.toLocaleString("en");
    text.append(span("log-cut", ` \u2026 ${size} more characters of this line are in the download.`));
  }
  return text;
}

function pieceOf([part, className, match], current) {
  const piece = document.createElement(match < 0 ? "span" : "mark");
  piece.className = className;
  piece.classList.toggle("log-current", match >= 0 && match === current);
  piece.textContent = part;
  return piece;
}
