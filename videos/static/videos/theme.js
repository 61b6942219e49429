// Applies the chosen theme before anything is painted: a plain, blocking script for that reason.
(() => {
  const KEY = "theme";
  const CHOICES = ["system", "dark", "light"];
  const GROUNDS = { dark: "#0b0d12", light: "#f7f8fa" };

  function remembered() {
    try {
      const theme = localStorage.getItem(KEY);
      return CHOICES.includes(theme) ? theme : "system";
    } catch {
      // A browser that keeps nothing follows the system.
      return "system";
    }
  }

  function remember(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It holds until the page is left, then.
    }
  }

  function apply(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const meta of document.querySelectorAll("meta[name='theme-color']")) {
      meta.content = GROUNDS[theme === "system" ? meta.dataset.system : theme];
    }
  }

  let theme = remembered();
  apply(theme);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-switch]");
    if (!button) return;
    const show = () => {
      const label = button.dataset[theme];
      button.setAttribute("aria-label", label);
      button.title = label;
      button.querySelector("use").setAttribute("href", `#i-theme-${theme}`);
    };
    button.addEventListener("click", () => {
      theme = CHOICES[(CHOICES.indexOf(theme) + 1) % CHOICES.length];
      remember(theme);
      apply(theme);
      show();
    });
    show();
    button.hidden = false;
  });
  // Another tab has chosen.
  addEventListener("storage", (event) => {
    if (event.key === KEY) apply((theme = remembered()));
  });
})();
