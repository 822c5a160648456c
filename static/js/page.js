// What every page does by itself: times that go on, menus that close, the job's title and favicon.

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const TOAST_TIME = 8_000; // ms; what went wrong stays until it is dismissed

function ago(seconds) {
  if (seconds < 45) {
    return "just now";
  }
  for (const [size, limit, unit] of [[MINUTE, 60, "min"], [HOUR, 24, "h"], [DAY, 30, "d"]]) {
    const count = Math.max(1, Math.round(seconds / size));
    if (count < limit) {
      return `${count} ${unit} ago`;
    }
  }
  return ""; // the server's date stays
}

function duration(seconds) {
  if (seconds < 10) {
    return `${Math.max(0, seconds).toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  if (whole < MINUTE) {
    return `${whole} s`;
  }
  if (whole < HOUR) {
    return `${Math.floor(whole / 60)} m ${whole % 60} s`;
  }
  return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / 60)} m`;
}

function secondsSince(text) {
  return (Date.now() - Date.parse(text)) / 1_000;
}

function write(element, text) {
  if (text && element.textContent !== text) {
    element.textContent = text;
  }
}

function updateTimes() {
  for (const element of document.querySelectorAll("time[data-relative]")) {
    write(element, ago(secondsSince(element.dateTime)));
  }
}

function updateDurations() {
  for (const element of document.querySelectorAll("[data-since]")) {
    write(element, duration(secondsSince(element.dataset.since)));
  }
}

// The title and the favicon follow the element that carries the page's status.
function followStatus() {
  const source = document.querySelector("[data-page-title]");
  const icon = document.querySelector("link[data-favicons]");
  if (!source || !icon) {
    return;
  }
  document.title = source.dataset.pageTitle;
  const address = icon.dataset.favicons.replace("idle", source.dataset.tone);
  if (icon.getAttribute("href") !== address) {
    icon.setAttribute("href", address);
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) {
      menu.removeAttribute("open");
    }
  }
}

// A folded file opens when an address points into it.
function openTarget() {
  const target = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  const folded = target?.closest("details:not([open])");
  if (folded) {
    folded.open = true;
    target.scrollIntoView();
  }
}

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  const dismiss = event.target.closest("[data-dismiss]");
  if (dismiss) {
    dismiss.closest(".toast").remove();
    return;
  }
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const text = document.getElementById(copy.dataset.copy).textContent.trim();
    navigator.clipboard.writeText(text).then(() => write(copy, "Copied"));
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" ? document.querySelector("details.menu[open]") : null;
  if (menu) {
    menu.removeAttribute("open");
    menu.querySelector("summary").focus();
  }
});

// A choice that acts at once, such as the order of a list; its button is for pages without script.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) {
    event.target.form.requestSubmit();
  }
});

// Addresses of filters stay short: what is empty is not sent.
document.addEventListener("submit", (event) => {
  if (event.target.method === "get") {
    for (const field of event.target.querySelectorAll("input")) {
      field.disabled = field.value === "";
    }
  }
});

function forgetToasts() {
  for (const toast of document.querySelectorAll(".toast.success:not([data-leaving])")) {
    toast.dataset.leaving = "";
    setTimeout(() => toast.matches(":hover, :focus-within") || toast.remove(), TOAST_TIME);
  }
}

// The row whose facts are shown beside the list.
function markShownRow(row) {
  for (const other of document.querySelectorAll("[data-select].current")) {
    other.classList.remove("current");
  }
  row.classList.add("current");
}

document.addEventListener("htmx:afterSettle", (event) => {
  const asker = event.detail.requestConfig?.elt;
  if (asker?.matches("[data-select]")) {
    markShownRow(asker);
  }
  followStatus();
  updateTimes();
});
document.addEventListener("htmx:oobAfterSwap", forgetToasts);
window.addEventListener("hashchange", openTarget);

for (const element of document.querySelectorAll("[data-needs-script]")) {
  element.hidden = false;
}
for (const element of document.querySelectorAll("[data-without-script]")) {
  element.hidden = true;
}
document.querySelector("form[data-auto-submit]")?.requestSubmit();
forgetToasts();
followStatus();
openTarget();
setInterval(updateTimes, 30_000);
setInterval(updateDurations, 1_000);
