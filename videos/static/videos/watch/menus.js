// The menus over the picture: where they open, and how the keys walk in them.
import { player } from "./player.js";
import { loopFrom, loopTo } from "./loop.js";
import { stepFrame } from "./frame_step.js";
import { addMarker } from "./new_marker.js";
import { showKeys } from "../shared/shortcuts_dialog.js";
import { recall, remember } from "../shared/storage.js";

const controls = document.getElementById("controls");
const DOES = {
  "loop-from": loopFrom,
  "loop-to": loopTo,
  "frame-back": () => stepFrame(-1),
  "frame-on": () => stepFrame(1),
  "add-marker": addMarker,
  "show-keys": showKeys,
};
// These are pressed several times in a row.
const STAYS = new Set(["frame-back", "frame-on"]);
const CHOICES = { autoplay: true, "at-once": false };
const GAP = 8;

export function isChosen(name) {
  return recall(name, CHOICES[name]);
}

function showChoices() {
  for (const element of document.querySelectorAll("[data-choice]")) {
    element.setAttribute("aria-checked", String(isChosen(element.dataset.choice)));
  }
}

function opener(menu) {
  return document.querySelector(`[popovertarget="${menu.id}"]`);
}

function place(menu) {
  const button = opener(menu).getBoundingClientRect();
  const box = player.getBoundingClientRect();
  const right = Math.max(GAP, window.innerWidth - Math.min(button.right, box.right - GAP));
  menu.style.right = `${right}px`;
  menu.style.bottom = `${window.innerHeight - button.top + GAP}px`;
  menu.style.maxHeight = `${button.top - 2 * GAP}px`;
}

function items(menu) {
  return [...menu.querySelectorAll("[role^=menuitem]")];
}

function toggled(event) {
  const menu = event.target;
  const open = event.newState === "open";
  opener(menu).setAttribute("aria-expanded", String(open));
  // media-chrome leaves what has this word on it visible.
  controls.toggleAttribute("noautohide", open);
  if (!open) return;
  place(menu);
  (menu.querySelector("[aria-checked=true][role=menuitemradio]") ?? items(menu)[0]).focus();
}

function walk(event) {
  const menu = event.currentTarget;
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  all.at(to % all.length).focus();
}

function choose(event) {
  const item = event.target.closest("[role^=menuitem]");
  if (!item) return;
  const menu = event.currentTarget;
  if (item.dataset.does) DOES[item.dataset.does]();
  if (STAYS.has(item.dataset.does) || item.dataset.choice) return;
  menu.hidePopover();
}

for (const menu of document.querySelectorAll(".player-menu")) {
  menu.addEventListener("toggle", toggled);
  menu.addEventListener("keydown", walk);
  menu.addEventListener("click", choose);
}
document.addEventListener("click", (event) => {
  const choice = event.target.closest("[data-choice]");
  if (!choice) return;
  remember(choice.dataset.choice, !isChosen(choice.dataset.choice));
  showChoices();
});
showChoices();
export { showChoices };
