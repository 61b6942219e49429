// Keyboard navigation of the grid: arrow keys move between cards, "?" shows the shortcuts, Escape closes the open menu.
import { moveFocus } from "../shared/spatial_navigation.js";
import { toggleShortcuts } from "../shared/shortcuts_dialog.js";
import { close, openMenu } from "../shared/menus.js";
import { isTyping } from "../shared/typing.js";

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const ROW_PIXELS = 8;

// The videos of the shelves and of the list below, in the order of the page.
function links() {
  return [...document.querySelectorAll("#results :is(.small-link, .card-link)")];
}

function focus(link) {
  link.focus({ preventScroll: true, focusVisible: true });
  link.closest(".card, .small-card").scrollIntoView({ block: "nearest", inline: "nearest" });
}

function isInRow(link, other) {
  return Boolean(other) && Math.abs(link.getBoundingClientRect().top - other.getBoundingClientRect().top) <= ROW_PIXELS;
}

// The next card in the same row, or undefined at the end of the row.
function neighborInRow(all, index, step) {
  return isInRow(all[index], all[index + step]) ? all[index + step] : undefined;
}

function centre(link) {
  const rect = link.getBoundingClientRect();
  return (rect.left + rect.right) / 2;
}

// The card of the next row whose centre is nearest.
function nearestInNextRow(all, index, step) {
  const top = all[index].getBoundingClientRect().top;
  const isPastRow = (link) => (link.getBoundingClientRect().top - top) * step > ROW_PIXELS;
  const candidates = (step > 0 ? all.slice(index + 1) : all.slice(0, index).reverse()).filter(isPastRow);
  const row = candidates[0]?.getBoundingClientRect().top;
  const rowLinks = candidates.filter((link) => Math.abs(link.getBoundingClientRect().top - row) <= ROW_PIXELS);
  const from = centre(all[index]);
  return rowLinks.sort((a, b) => Math.abs(centre(a) - from) - Math.abs(centre(b) - from))[0];
}

function moveInGrid(event, active) {
  const all = links();
  const card = active.closest?.("#results :is(.small-card, .card)");
  const index = card ? all.indexOf(card.querySelector(".small-link, .card-link")) : -1;
  if (index < 0) return false;
  const next = {
    ArrowLeft: () => neighborInRow(all, index, -1),
    ArrowRight: () => neighborInRow(all, index, 1),
    ArrowUp: () => nearestInNextRow(all, index, -1),
    ArrowDown: () => nearestInNextRow(all, index, 1),
  }[event.key]();
  if (next) focus(next);
  else if (event.key !== "ArrowRight") moveFocus(active, event.key);
  return true;
}

function firstVisible() {
  return links().find((link) => link.getBoundingClientRect().bottom > 100);
}

function onArrow(event) {
  const active = document.activeElement;
  if (active?.matches("#search input") && event.key === "ArrowDown") {
    const link = firstVisible();
    if (link) focus(link);
    return Boolean(link);
  }
  if (isTyping(active)) return false;
  if (active === document.body || !active) {
    const link = firstVisible();
    if (!link) return false;
    focus(link);
    return true;
  }
  return moveInGrid(event, active) || moveFocus(active, event.key);
}

// The browser itself handles Escape in an open sheet and in a search field.
function closeMenu() {
  const menu = openMenu();
  if (menu) close(menu);
  return Boolean(menu);
}

function showShortcuts() {
  toggleShortcuts();
  return true;
}

// Enter toggles a filter like Space does: a TV remote has no Space key.
function toggleFilter() {
  const choice = document.activeElement;
  if (!choice?.matches("#filters :is([type=radio], [type=checkbox])")) return false;
  choice.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  let done = false;
  if (ARROWS.includes(event.key) && !event.shiftKey) done = onArrow(event);
  else if (event.key === "?" && !isTyping(document.activeElement)) done = showShortcuts();
  else if (event.key === "Enter") done = toggleFilter();
  else if (event.key === "Escape") done = closeMenu();
  if (done) event.preventDefault();
});
