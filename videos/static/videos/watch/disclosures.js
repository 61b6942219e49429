// Inline forms and menus: Escape and Cancel close them, and opening a form focuses its first field.
import { close, openMenu } from "../shared/menus.js";

function onToggle(event) {
  const details = event.target;
  if (!details.open) return;
  if (details.matches(".title-edit, .rename")) {
    const field = details.querySelector("input:not([type=hidden])");
    field.focus();
    field.select();
  }
}

document.addEventListener("toggle", onToggle, true);
document.addEventListener("click", (event) => {
  const details = event.target.closest("[data-close-details]")?.closest("details");
  if (details) close(details);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const details = document.activeElement?.closest("details[open]:not(.about)") ?? openMenu();
  if (!details) return;
  event.preventDefault();
  close(details);
});
