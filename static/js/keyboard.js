// Rows by j and k, places by g and a letter, actions by their own letter.
//
// A row is [data-row] with a link [data-open]; a place is [data-go="i"]; an action [data-key="e"].

const PAUSE = 1_000; // ms in which the letter after g counts

let going = -Infinity;

const visible = (element) => element.getClientRects().length > 0;

function typing(target) {
  const fields = "input:not([type=checkbox]), textarea, select, [contenteditable]";
  return target.closest(fields) !== null;
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(visible);
  if (rows.length === 0) {
    return false;
  }
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(Math.max(now + step, 0), rows.length - 1)];
  next.querySelector("[data-open]").focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

function press(selector) {
  const element = [...document.querySelectorAll(selector)].find(visible);
  element?.click();
  return element !== undefined;
}

function showHelp() {
  document.getElementById("keyboard-help")?.togglePopover();
  return true;
}

function search() {
  const field = document.querySelector("[data-search]");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function act(key, now) {
  if (now - going < PAUSE) {
    going = -Infinity;
    return press(`[data-go="${CSS.escape(key)}"]`);
  }
  switch (key) {
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "/":
      return search();
    case "?":
      return showHelp();
    case "g":
      going = now;
      return true;
    default:
      return /^[a-z]$/.test(key) && press(`[data-key="${key}"]`);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) {
    return;
  }
  if (typing(event.target)) {
    if (event.key === "Escape") {
      event.target.blur();
    }
    return;
  }
  if (act(event.key, event.timeStamp)) {
    event.preventDefault();
  }
});
