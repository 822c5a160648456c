// After a correction the list comes anew: the place in it stays, and keys that were pressed
// meanwhile count afterwards, in their order.

const waiting = [];
const pending = new Set(); // requests; an element may be gone when its answer has come
let place; // of the row that was current: its id and its number

// Requests that keys have to wait for: all of a correction's, but no preview.
const counts = (element) =>
  !element.matches("[data-select], [data-aside]") && !element.closest("[role=search]");

function remember(currentRow) {
  const row = currentRow();
  place = row && { id: row.id, number: [...document.querySelectorAll("[data-row]")].indexOf(row) };
}

function restore() {
  const rows = [...document.querySelectorAll("[data-row]")];
  const same = rows.find((row) => row.id === place?.id);
  const row = same ?? rows[Math.min(place?.number ?? 0, rows.length - 1)];
  row?.querySelector("[data-open]").focus();
  row?.scrollIntoView({ block: "nearest" });
}

function writes(target) {
  return target.matches("input[type=text], input[type=search], input:not([type]), textarea");
}

function give(key) {
  const target = document.activeElement ?? document.body;
  if (writes(target) && key.length === 1) {
    target.setRangeText(key, target.value.length, target.value.length, "end");
    target.dispatchEvent(new InputEvent("input", { bubbles: true, data: key }));
    return;
  }
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
  if (!target.dispatchEvent(event) || key !== "Enter") {
    return;
  }
  if (target.form && target.matches("input, select")) {
    target.form.requestSubmit();
  } else {
    target.click();
  }
}

function replay() {
  while (pending.size === 0 && waiting.length) {
    give(waiting.shift());
  }
}

function hold(event) {
  const writing = event.target.closest("input:not([type=checkbox]), textarea, select") !== null;
  const plain = event.key.length === 1 || event.key === "Enter";
  if (pending.size && event.isTrusted && plain && !writing && !event.ctrlKey && !event.metaKey) {
    waiting.push(event.key);
    event.preventDefault();
    event.stopImmediatePropagation();
  }
}

export function keepPlace(currentRow) {
  window.addEventListener("keydown", hold, true);
  document.body.addEventListener("htmx:beforeRequest", (event) => {
    if (counts(event.detail.elt)) {
      pending.add(event.detail.xhr);
    }
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (pending.delete(event.detail.xhr)) {
      queueMicrotask(replay);
    }
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.matches("[data-triage]")) {
      remember(currentRow);
    }
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.matches("[data-triage]")) {
      restore();
    }
  });
}
