// Small forms and menus that open on the page: Escape and "Cancel" close them, and the first field has the focus.
function close(details) {
  details.open = false;
  details.querySelector("summary").focus({ preventScroll: true });
}

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
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  const details = document.activeElement?.closest("details[open]:not(.about)") ?? document.querySelector("details.menu[open]");
  if (!details) return;
  event.preventDefault();
  close(details);
});
