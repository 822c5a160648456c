// The feedback form inside the frame of another site: tells it to close, and when it was sent.
// The messages say nothing that the site may not know, so that it does not matter who hears them.

function tell(what) {
  if (window.parent !== window) {
    window.parent.postMessage({ soulcaster: what }, "*");
  }
}

for (const button of document.querySelectorAll("[data-close]")) {
  button.hidden = window.parent === window;
  button.addEventListener("click", () => tell("close"));
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    tell("close");
  }
});

if (document.querySelector("[data-sent]")) {
  tell("sent");
}
