// Keyboard shortcuts of every page: "/" focuses the search; the arrow keys move the focus, except where a player has its
// own shortcuts.
import { moveFocus } from "./shared/spatial_navigation.js";
import { isTyping } from "./shared/typing.js";

const USES_ARROWS = "input, textarea, select, [contenteditable], media-controller";

function focusSearch(event) {
  const field = document.querySelector(".search input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function navigate(event) {
  const focused = document.activeElement;
  const isNothingFocused = !focused || focused === document.body || focused.id === "content";
  // With nothing focused, up and down scroll the page; left and right focus the first link.
  if (isNothingFocused && !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const moved = isNothingFocused
    ? document.querySelector("main a[href], main button, .rail a")?.focus({ focusVisible: true }) !== null
    : moveFocus(focused, event.key);
  if (moved) event.preventDefault();
}

// On the window, so that handlers on the document run first.
addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "/" && !isTyping(event.target)) focusSearch(event);
  if (document.getElementById("player")) return;
  // Up and down do nothing in a single-line field, so they leave it.
  const leavesField = event.target instanceof HTMLInputElement && ["ArrowUp", "ArrowDown"].includes(event.key);
  const isRange = event.target instanceof HTMLInputElement && ["range", "number", "date", "radio"].includes(event.target.type);
  const usesArrows = event.target instanceof Element && event.target.closest(USES_ARROWS);
  if (event.key.startsWith("Arrow") && !event.shiftKey && (!usesArrows || (leavesField && !isRange))) navigate(event);
});
