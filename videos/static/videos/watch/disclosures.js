// Small forms and menus that open on the page: Escape and "Cancel" close them, and the first field has the focus.
import { close, openMenu } from "../shared/menus.js";

function opened(event) {
  const details = event.target;
  if (!details.open) return;
  if (details.matches(".title-edit, .rename")) {
    const field = details.querySelector("input:not([type=hidden])");
    field.focus();
    field.select();
  }
}

document.addEventListener("toggle", opened, true);
document.addEventListener("click", (event) => {
  const details = event.target.closest("[data-closes]")?.closest("details");
  if (details) close(details);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const details = document.activeElement?.closest("details[open]:not(.about)") ?? openMenu();
  if (!details) return;
  event.preventDefault();
  close(details);
});
