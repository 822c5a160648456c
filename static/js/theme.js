// The theme switch: at once, kept in a cookie that the server reads. Without script the form posts.

const YEAR = 31_536_000;

document.querySelector("[data-theme-switch]")?.addEventListener("submit", (event) => {
  const choice = event.submitter?.value ?? "";
  event.preventDefault();
  if (choice) {
    document.documentElement.dataset.theme = choice;
  } else {
    delete document.documentElement.dataset.theme;
  }
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${choice}; Path=/; Max-Age=${choice ? YEAR : 0}; SameSite=Lax${secure}`;
  for (const button of event.currentTarget.querySelectorAll("button")) {
    button.toggleAttribute("aria-current", button.value === choice);
  }
  event.currentTarget.closest("details")?.removeAttribute("open");
});
