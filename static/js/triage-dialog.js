// The dialog in which a correction asks: it opens when its question has come.

export const dialog = document.getElementById("triage-dialog");

let searched = false; // Enter in a search goes on to what it finds

function open() {
  if (!dialog.open) {
    dialog.showModal();
  }
  dialog.querySelector("[autofocus]")?.focus();
}

function step(by) {
  const targets = [...dialog.querySelectorAll("[data-target]")];
  const now = targets.indexOf(document.activeElement);
  const next = targets[now + by] ?? (by < 0 ? dialog.querySelector("input[type=search]") : undefined);
  next?.focus();
}

function press(event) {
  if (!dialog.open) {
    return;
  }
  const writing = event.target.matches("input:not([type=radio], [type=checkbox]), textarea");
  if (/^[1-9]$/.test(event.key) && !writing) {
    dialog.querySelector(`[data-number="${event.key}"]`)?.click();
    event.preventDefault();
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    if (dialog.querySelector("[data-target]")) {
      step(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
    }
  } else if (/^[a-z?/]$/.test(event.key) && !writing) {
    event.stopPropagation(); // letters mean nothing here, and nothing behind it may be meant
  }
}

export function follow() {
  if (!dialog) {
    return;
  }
  window.addEventListener("keydown", press, true);
  dialog.addEventListener("submit", (event) => {
    searched = event.target.matches("[role=search]");
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog || event.target.closest("[data-close]")) {
      dialog.close();
    }
  });
  document.body.addEventListener("clusters-changed", () => dialog.close());
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === dialog) {
      open();
    } else if (event.detail.target.id === "move-targets" && searched) {
      searched = false;
      event.detail.target.querySelector("[data-target]")?.focus();
    }
  });
}
