// Applies the chosen theme. A plain, blocking script, so that it runs before anything is painted.
(() => {
  const KEY = "theme";
  const CHOICES = ["system", "dark", "light"];
  const BACKGROUNDS = { dark: "#0b0d12", light: "#f7f8fa" };

  function storedTheme() {
    try {
      const theme = localStorage.getItem(KEY);
      return CHOICES.includes(theme) ? theme : "system";
    } catch {
      // Storage is blocked: follow the system.
      return "system";
    }
  }

  function storeTheme(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // Storage is blocked: the choice lasts until the page is closed.
    }
  }

  function apply(theme) {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    for (const meta of document.querySelectorAll("meta[name='theme-color']")) {
      meta.content = BACKGROUNDS[theme === "system" ? meta.dataset.system : theme];
    }
  }

  let theme = storedTheme();
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
      storeTheme(theme);
      apply(theme);
      show();
    });
    show();
    button.hidden = false;
  });
  // The theme was changed in another tab.
  addEventListener("storage", (event) => {
    if (event.key === KEY) apply((theme = storedTheme()));
  });
})();
