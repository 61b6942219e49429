// The keys of every page: "/" goes to the search; arrows go from thing to thing, but where a player has its own keys.
import { moveFocus } from "./shared/spatial_navigation.js";
import { isTyping } from "./shared/typing.js";

const OWN_ARROWS = "input, textarea, select, [contenteditable], media-controller";

function focusSearch(event) {
  const field = document.querySelector(".search input[type=search]");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function walk(event) {
  const focused = document.activeElement;
  const nothing = !focused || focused === document.body || focused.id === "content";
  // Up and down scroll a page on which nothing is focused; sideways begins to walk.
  if (nothing && !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
  const moved = nothing
    ? document.querySelector("main a[href], main button, .rail a")?.focus({ focusVisible: true }) !== null
    : moveFocus(focused, event.key);
  if (moved) event.preventDefault();
}

// On the window, so that whatever is nearer answers first.
addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.key === "/" && !isTyping(event.target)) focusSearch(event);
  if (document.getElementById("player")) return;
  // Out of a field of one line, up and down lead on.
  const leavesField = event.target instanceof HTMLInputElement && ["ArrowUp", "ArrowDown"].includes(event.key);
  const isRange = event.target instanceof HTMLInputElement && ["range", "number", "date", "radio"].includes(event.target.type);
  const hasOwnArrows = event.target instanceof Element && event.target.closest(OWN_ARROWS);
  if (event.key.startsWith("Arrow") && !event.shiftKey && (!hasOwnArrows || (leavesField && !isRange))) walk(event);
});
