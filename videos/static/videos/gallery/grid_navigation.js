// The list by keys: arrows walk the cards in two dimensions, "?" lists the keys, Escape closes the nearest thing.
import { moveFocus } from "../shared/spatial_navigation.js";
import { showKeys } from "../shared/shortcuts_dialog.js";
import { close, openMenu } from "../shared/menus.js";
import { isTyping } from "../shared/typing.js";

const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"];
const ROW_PIXELS = 8;

// The videos of the shelves and of the list below them, as they follow each other on the page.
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

// The card beside this one, within its row: at an end of the row there is none.
function beside(all, at, step) {
  return isInRow(all[at], all[at + step]) ? all[at + step] : undefined;
}

function middle(link) {
  const box = link.getBoundingClientRect();
  return (box.left + box.right) / 2;
}

// The card of the next row whose middle is nearest.
function beyond(all, at, step) {
  const top = all[at].getBoundingClientRect().top;
  const isBeyond = (link) => (link.getBoundingClientRect().top - top) * step > ROW_PIXELS;
  const further = (step > 0 ? all.slice(at + 1) : all.slice(0, at).reverse()).filter(isBeyond);
  const row = further[0]?.getBoundingClientRect().top;
  const rest = further.filter((link) => Math.abs(link.getBoundingClientRect().top - row) <= ROW_PIXELS);
  const from = middle(all[at]);
  return rest.sort((a, b) => Math.abs(middle(a) - from) - Math.abs(middle(b) - from))[0];
}

function walk(event, active) {
  const all = links();
  const card = active.closest?.("#results :is(.small-card, .card)");
  const at = card ? all.indexOf(card.querySelector(".small-link, .card-link")) : -1;
  if (at < 0) return false;
  const next = {
    ArrowLeft: () => beside(all, at, -1),
    ArrowRight: () => beside(all, at, 1),
    ArrowUp: () => beyond(all, at, -1),
    ArrowDown: () => beyond(all, at, 1),
  }[event.key]();
  if (next) focus(next);
  else if (event.key !== "ArrowRight") moveFocus(active, event.key);
  return true;
}

// The first video in view.
function first() {
  return links().find((link) => link.getBoundingClientRect().bottom > 100);
}

function arrow(event) {
  const active = document.activeElement;
  if (active?.matches("#search input") && event.key === "ArrowDown") {
    const link = first();
    if (link) focus(link);
    return Boolean(link);
  }
  if (isTyping(active)) return false;
  if (active === document.body || !active) {
    const link = first();
    if (!link) return false;
    focus(link);
    return true;
  }
  return walk(event, active) || moveFocus(active, event.key);
}

// A menu before what lies below it. An open sheet and a search field close by the browser's own Escape.
function escape() {
  const menu = openMenu();
  if (menu) close(menu);
  return Boolean(menu);
}

function keys() {
  showKeys();
  return true;
}

// A choice is made by Enter as by the space bar: a remote control has no other key, and each choice applies at once.
function choose() {
  const choice = document.activeElement;
  if (!choice?.matches("#filters :is([type=radio], [type=checkbox])")) return false;
  choice.click();
  return true;
}

document.addEventListener("keydown", (event) => {
  if (document.querySelector("dialog[open]") && event.key !== "?") return;
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  let done = false;
  if (ARROWS.includes(event.key) && !event.shiftKey) done = arrow(event);
  else if (event.key === "?" && !isTyping(document.activeElement)) done = keys();
  else if (event.key === "Enter") done = choose();
  else if (event.key === "Escape") done = escape();
  if (done) event.preventDefault();
});
