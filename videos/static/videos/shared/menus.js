// Closes open menus on a click outside, and returns the focus to their button when they are closed by a key.
export function openMenu() {
  return document.querySelector("details.menu[open]");
}

export function close(details) {
  details.open = false;
  details.querySelector("summary").focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
