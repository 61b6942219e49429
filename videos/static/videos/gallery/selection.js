// Selects videos: by checkbox, a range with Shift, with X on a card, and in selection mode by a click on the cover.
// The selection belongs to the list that is shown and is cleared when the list changes.
import { isTyping } from "../shared/typing.js";

const SELECTION_MODE = "#selecting[open]";

let lastId = null;

function checkboxes() {
  return [...document.querySelectorAll("#results .select")];
}

function form() {
  return document.getElementById("bulk");
}

function isSelecting() {
  return document.querySelector(SELECTION_MODE) !== null;
}

export function selectedIds() {
  return checkboxes().filter((box) => box.checked).map((box) => box.value);
}

// The link of the card that was selected last; in a reloaded list, of the same video.
export function lastCard() {
  return lastId && document.getElementById(lastId)?.querySelector(".card-link");
}

export function end() {
  for (const box of checkboxes()) box.checked = false;
  if (!form()) return;
  form().elements.all.checked = false;
  document.getElementById("selecting").open = false;
}

function countLabel(count) {
  const { none, one, many } = form().querySelector(".bulk-count").dataset;
  if (count < 2) return count ? one : none;
  return many.replace("{count}", count.toLocaleString(document.documentElement.lang));
}

// Also runs when more cards are loaded: with “Select all” they are selected, too.
export function show() {
  if (!form()) return;
  const { all } = form().elements;
  if (all.checked) for (const box of checkboxes()) box.checked = true;
  const count = all.checked ? Number(all.dataset.count) : selectedIds().length;
  if (count) document.getElementById("selecting").open = true;
  if (form().hasAttribute("aria-busy")) return;
  const counter = form().querySelector(".bulk-count");
  const text = countLabel(count);
  if (counter.textContent !== text) counter.textContent = text;
  form().querySelector("fieldset").disabled = !count;
}

function update() {
  const isEmpty = !form().elements.all.checked && selectedIds().length === 0;
  if (isEmpty) end();
  show();
}

function select(box, isChecked, isRange) {
  const all = checkboxes();
  const from = isRange ? all.findIndex((other) => other.closest(".card").id === lastId) : -1;
  const to = all.indexOf(box);
  const range = from < 0 ? [box] : all.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const one of range) one.checked = isChecked;
  // With one deselected, it is no longer “Select all”.
  if (!isChecked) form().elements.all.checked = false;
  lastId = box.closest(".card").id;
  update();
}

function onClick(event) {
  const box = event.target.closest("#results .select");
  if (box) return select(box, box.checked, event.shiftKey);
  const link = event.target.closest("#results .card-link");
  if (link && isSelecting() && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const checkbox = link.closest(".card").querySelector(".select");
    return select(checkbox, !checkbox.checked, event.shiftKey);
  }
  if (event.target.closest("[data-cancel]")) {
    event.preventDefault();
    cancel();
  }
}

// Shift-click would also select text.
function preventTextSelection(event) {
  if (event.shiftKey && event.target.closest("#results .select, #results .card-link")) event.preventDefault();
}

function cancel() {
  const isWithin = document.getElementById("selecting").contains(document.activeElement);
  end();
  if (isWithin) (lastCard() ?? document.querySelector("#selecting summary")).focus({ preventScroll: true });
}

function onKeydown(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !form()) return;
  const box = event.target.closest?.("#results .card")?.querySelector(".select");
  if (event.key.toLowerCase() === "x" && box && !isTyping(event.target)) select(box, !box.checked, event.shiftKey);
  // Enter on a checkbox would submit the form: move to the actions instead.
  else if (event.key === "Enter" && event.target === box) form().querySelector(".bulk-actions :is(summary, button)").focus();
  else if (event.key === "Escape" && isSelecting() && !document.querySelector(":popover-open") && !event.target.closest?.("#search")) cancel();
  else return;
  event.preventDefault();
}

function onToggle({ target }) {
  if (target.id === "selecting") target.open ? show() : end();
  if (target.open && target.matches("#bulk .menu")) target.querySelector("input")?.focus();
}

document.addEventListener("click", onClick);
document.addEventListener("mousedown", preventTextSelection);
document.addEventListener("keydown", onKeydown);
document.addEventListener("change", (event) => event.target.name === "all" && event.target.form === form() && (event.target.checked ? show() : end()));
// `toggle` does not bubble, so it is captured.
document.addEventListener("toggle", onToggle, true);
new MutationObserver(show).observe(document.getElementById("content"), { childList: true, subtree: true });
// Browsers restore checkboxes when going back to the page.
addEventListener("pageshow", show);
