// Correcting by keyboard: rows are selected, and an action means what is selected, else the
// current row. Lists are [data-triage], selections [data-pick], actions [data-on-picked].

import { dialog, follow } from "./triage-dialog.js";
import { keepPlace } from "./triage-place.js";

const FIELDS = "input:not([type=checkbox]), textarea, select";

let last; // the row that had the focus last, by id
let ranged; // the selection that was clicked last
let borrowed; // selected for one action, because nothing was

const picks = () => [...document.querySelectorAll("[data-pick]")];
const picked = () => picks().filter((pick) => pick.checked);

function currentRow() {
  const rows = [...document.querySelectorAll("[data-row]")];
  return (
    rows.find((row) => row.contains(document.activeElement)) ??
    rows.find((row) => row.id && row.id === last) ??
    rows.find((row) => row.matches(".current")) ??
    rows[0]
  );
}

function say(text) {
  for (const place of document.querySelectorAll("[data-picked]")) {
    place.textContent = text;
  }
}

function show() {
  for (const pick of picks()) {
    pick.closest("[data-row]").classList.toggle("picked", pick.checked);
  }
  const count = picked().length;
  const without = document.querySelector("[data-picked]")?.dataset.without ?? "";
  say(count ? `${count} selected` : without);
}

function select(pick, checked) {
  if (pick) {
    pick.checked = checked;
    ranged = pick;
    show();
  }
}

function clear() {
  for (const pick of picks()) {
    pick.checked = false;
  }
  borrowed = undefined;
  show();
}

function toggleCurrent() {
  const row = currentRow();
  const pick = row?.querySelector("[data-pick]");
  select(pick, !pick?.checked);
  if (pick && !row.contains(document.activeElement)) {
    row.querySelector("[data-open]").focus();
  }
}

function selectRange(to) {
  const all = picks();
  const [first, end] = [all.indexOf(ranged), all.indexOf(to)].sort((one, other) => one - other);
  for (const pick of first < 0 ? [] : all.slice(first, end + 1)) {
    pick.checked = to.checked;
  }
}

// An action without a selection means the current row; one that takes several says so.
function prepare(event) {
  const button = event.target.closest("[data-on-picked]");
  if (!button) {
    return;
  }
  const least = Number(button.dataset.onPicked || 1);
  if (picked().length === 0 && least === 1) {
    borrowed = currentRow()?.querySelector("[data-pick]");
    select(borrowed, true);
  }
  if (picked().length < least) {
    event.preventDefault();
    event.stopPropagation();
    say(`Select at least ${least} first, with x.`);
  }
}

function giveBack() {
  if (borrowed) {
    select(borrowed, false);
    borrowed = undefined;
  }
}

document.addEventListener("click", prepare, true);
document.addEventListener("click", (event) => {
  const pick = event.target.closest("[data-pick]");
  if (pick && event.shiftKey && ranged) {
    selectRange(pick);
  }
  if (pick) {
    ranged = pick;
    show();
  }
  if (event.target.closest("[data-edit-current]")) {
    const address = currentRow()?.dataset.edit;
    if (address) {
      const options = { target: dialog, source: event.target, swap: "innerHTML settle:0ms" };
      window.htmx.ajax("GET", address, options);
    }
  }
});
document.addEventListener("focusin", (event) => {
  last = event.target.closest("[data-row]")?.id || last;
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || dialog?.open) {
    return;
  }
  if (event.key === "Escape" && picked().length) {
    clear();
  } else if (event.key === "x" && !event.target.closest(FIELDS)) {
    toggleCurrent();
    event.preventDefault();
  }
});
document.body.addEventListener("htmx:configRequest", (event) => {
  for (const pick of event.detail.elt.matches("[data-with-picked]") ? picked() : []) {
    event.detail.formData.append(pick.name, pick.value);
  }
});
document.body.addEventListener("clusters-changed", clear);
dialog?.addEventListener("close", giveBack);
window.addEventListener("pageshow", show);

follow();
keepPlace(currentRow);
show();
