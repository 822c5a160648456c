function feedbackForm(config) {
  // Runs on other people's sites: no globals, no styles that leak in or out, nothing inline.
  "use strict";

  const origin = new URL(config.address).origin;
  const script = document.currentScript;
  const STYLE = `
    :host { all: initial; }
    button { font: 500 14px/20px system-ui, sans-serif; cursor: pointer; }
    .open {
      position: fixed; right: 16px; bottom: 16px; z-index: 2147483000;
      padding: 8px 14px; border: 1px solid #2f42a8; border-radius: 20px;
      background: #3a4fc1; color: #fff; box-shadow: 0 2px 8px rgb(0 0 0 / 25%);
    }
    .open:hover { background: #2f42a8; }
    button:focus-visible { outline: 3px solid #9fadff; outline-offset: 2px; }
    dialog {
      width: min(480px, calc(100vw - 24px)); height: min(660px, calc(100vh - 24px));
      padding: 0; border: 0; border-radius: 10px; overflow: hidden; background: Canvas;
      color: CanvasText; color-scheme: light dark; box-shadow: 0 8px 32px rgb(0 0 0 / 35%);
    }
    dialog::backdrop { background: rgb(0 0 0 / 45%); }
    .close {
      position: absolute; top: 8px; right: 20px; width: 32px; height: 32px; padding: 0;
      border: 0; border-radius: 6px; background: none; color: inherit; font-size: 20px;
    }
    iframe { display: block; width: 100%; height: 100%; border: 0; color-scheme: light dark; }
  `;

  function element(name, properties) {
    return Object.assign(document.createElement(name), properties);
  }

  function address() {
    const page = new URL(config.address);
    page.searchParams.set("embedded", "1");
    // Without what may be personal in it.
    page.searchParams.set("page", location.origin + location.pathname);
    return page.href;
  }

  function start() {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    const open = element("button", { className: "open", type: "button", textContent: config.label });
    root.append(open);
    document.body.append(host);
    if (!config.framed) {
      // No site may show the form in a frame: it opens by itself.
      open.addEventListener("click", () => window.open(address(), "_blank", "noopener"));
      return;
    }
    open.setAttribute("aria-haspopup", "dialog");
    const dialog = element("dialog", { ariaLabel: config.title });
    const close = element("button", { className: "close", type: "button", textContent: "\u00d7" });
    close.setAttribute("aria-label", "Close");
    dialog.append(close);
    root.append(dialog);
    let frame = null;
    let sent = false;

    open.addEventListener("click", () => {
      if (!frame) {
        frame = element("iframe", { src: address(), title: config.title });
        dialog.prepend(frame);
      }
      dialog.showModal();
    });
    close.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      // What was typed stays for the next time, unless it was sent.
      if (sent) {
        frame.remove();
        frame = null;
        sent = false;
      }
    });
    window.addEventListener("message", (event) => {
      if (event.origin !== origin || !frame || event.source !== frame.contentWindow) {
        return;
      }
      if (event.data?.soulcaster === "sent") {
        sent = true;
      } else if (event.data?.soulcaster === "close") {
        dialog.close();
      }
    });
  }

  if (script?.dataset.started) {
    return;
  }
  if (script) {
    script.dataset.started = "1";
  }
  if (document.body) {
    start();
  } else {
    document.addEventListener("DOMContentLoaded", start);
  }
}
