// Menus that are open: a click beside one closes it, and who closes one by a key is back at what opened it.
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
