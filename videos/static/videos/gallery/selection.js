// Which videos are selected: by their boxes, a range with shift, by x on a card, and while one selects, by the covers.
// What is selected is what is seen: it goes with the list, and a list that is there again begins with nothing.
import { isTyping } from "../shared/typing.js";

const SELECTING = "#selecting[open]";

let last = null;

function boxes() {
  return [...document.querySelectorAll("#results .select")];
}

function form() {
  return document.getElementById("bulk");
}

function isSelecting() {
  return document.querySelector(SELECTING) !== null;
}

export function selectedIds() {
  return boxes().filter((box) => box.checked).map((box) => box.value);
}

// The card that was selected last, or its place in a list that was replaced.
export function lastCard() {
  return last && document.getElementById(last)?.querySelector(".card-link");
}

export function end() {
  for (const box of boxes()) box.checked = false;
  if (!form()) return;
  form().elements.all.checked = false;
  document.getElementById("selecting").open = false;
}

function words(count) {
  const { none, one, many } = form().querySelector(".bulk-count").dataset;
  if (count < 2) return count ? one : none;
  return many.replace("{count}", count.toLocaleString(document.documentElement.lang));
}

// Also new cards of a list that goes on: where all are selected, these are, too.
export function show() {
  if (!form()) return;
  const { all } = form().elements;
  if (all.checked) for (const box of boxes()) box.checked = true;
  const count = all.checked ? Number(all.dataset.count) : selectedIds().length;
  if (count) document.getElementById("selecting").open = true;
  if (form().hasAttribute("aria-busy")) return;
  const place = form().querySelector(".bulk-count");
  const text = words(count);
  if (place.textContent !== text) place.textContent = text;
  form().querySelector("fieldset").disabled = !count;
}

function settle() {
  const isEmpty = !form().elements.all.checked && selectedIds().length === 0;
  if (isEmpty) end();
  show();
}

function select(box, isChecked, isRange) {
  const all = boxes();
  const from = isRange ? all.findIndex((other) => other.closest(".card").id === last) : -1;
  const to = all.indexOf(box);
  const range = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of range) one.checked = isChecked;
  // One that is left out: it is not all of them any more.
  if (!isChecked) form().elements.all.checked = false;
  last = box.closest(".card").id;
  settle();
}

function pressed(event) {
  const box = event.target.closest("#results .select");
  if (box) return select(box, box.checked, event.shiftKey);
  const link = event.target.closest("#results .card-link");
  if (link && isSelecting() && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const itsBox = link.closest(".card").querySelector(".select");
    return select(itsBox, !itsBox.checked, event.shiftKey);
  }
  if (event.target.closest("[data-cancel]")) {
    event.preventDefault();
    leave();
  }
}

// With shift a browser would mark the text in between.
function keepText(event) {
  if (event.shiftKey && event.target.closest("#results .select, #results .card-link")) event.preventDefault();
}

function leave() {
  const isWithin = document.getElementById("selecting").contains(document.activeElement);
  end();
  if (isWithin) (lastCard() ?? document.querySelector("#selecting summary")).focus({ preventScroll: true });
}

function key(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !form()) return;
  const box = event.target.closest?.("#results .card")?.querySelector(".select");
  if (event.key.toLowerCase() === "x" && box && !isTyping(event.target)) select(box, !box.checked, event.shiftKey);
  // On a box it would send the form: it leads to what can be done.
  else if (event.key === "Enter" && event.target === box) form().querySelector(".bulk-actions :is(summary, button)").focus();
  else if (event.key === "Escape" && isSelecting() && !document.querySelector(":popover-open") && !event.target.closest?.("#search")) leave();
  else return;
  event.preventDefault();
}

function toggled({ target }) {
  if (target.id === "selecting") target.open ? show() : end();
  if (target.open && target.matches("#bulk .menu")) target.querySelector("input")?.focus();
}

document.addEventListener("click", pressed);
document.addEventListener("mousedown", keepText);
document.addEventListener("keydown", key);
document.addEventListener("change", (event) => event.target.name === "all" && event.target.form === form() && (event.target.checked ? show() : end()));
// A toggle does not bubble. Closed by its own switch, the selection ends; a panel that opens wants to be written in.
document.addEventListener("toggle", toggled, true);
new MutationObserver(show).observe(document.getElementById("content"), { childList: true, subtree: true });
// A browser may give a page back with its boxes as they were.
addEventListener("pageshow", show);
