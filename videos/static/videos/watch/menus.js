// The player's menus: positioning, keyboard navigation and actions.
import { player } from "./player.js";
import { loopFrom, loopTo } from "./loop.js";
import { stepFrame } from "./frame_step.js";
import { addMarker } from "./new_marker.js";
import { toggleShortcuts } from "../shared/shortcuts_dialog.js";
import { getItem, setItem } from "../shared/storage.js";

const controls = document.getElementById("controls");
const ACTIONS = {
  "loop-from": loopFrom,
  "loop-to": loopTo,
  "frame-back": () => stepFrame(-1),
  "frame-on": () => stepFrame(1),
  "add-marker": addMarker,
  "show-keys": toggleShortcuts,
};
// The menu stays open after these, as they are used several times in a row.
const KEEPS_OPEN = new Set(["frame-back", "frame-on"]);
const DEFAULTS = { autoplay: true, "at-once": false };
const GAP_PIXELS = 8;

export function isEnabled(name) {
  return getItem(name, DEFAULTS[name]);
}

function showSettings() {
  for (const element of document.querySelectorAll("[data-setting]")) {
    element.setAttribute("aria-checked", String(isEnabled(element.dataset.setting)));
  }
}

function menuButton(menu) {
  return document.querySelector(`[popovertarget="${menu.id}"]`);
}

function position(menu) {
  const button = menuButton(menu).getBoundingClientRect();
  const box = player.getBoundingClientRect();
  const right = Math.max(GAP_PIXELS, window.innerWidth - Math.min(button.right, box.right - GAP_PIXELS));
  menu.style.right = `${right}px`;
  menu.style.bottom = `${window.innerHeight - button.top + GAP_PIXELS}px`;
  menu.style.maxHeight = `${button.top - 2 * GAP_PIXELS}px`;
}

function items(menu) {
  return [...menu.querySelectorAll("[role^=menuitem]")];
}

function onToggle(event) {
  const menu = event.target;
  const open = event.newState === "open";
  menuButton(menu).setAttribute("aria-expanded", String(open));
  // media-chrome does not hide elements with this attribute.
  controls.toggleAttribute("noautohide", open);
  if (!open) return;
  position(menu);
  (menu.querySelector("[aria-checked=true][role=menuitemradio]") ?? items(menu)[0]).focus();
}

function onKeydown(event) {
  const menu = event.currentTarget;
  const all = items(menu);
  const index = all.indexOf(document.activeElement);
  const next = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  all.at(next % all.length).focus();
}

function onClick(event) {
  const item = event.target.closest("[role^=menuitem]");
  if (!item) return;
  const menu = event.currentTarget;
  if (item.dataset.action) ACTIONS[item.dataset.action]();
  if (KEEPS_OPEN.has(item.dataset.action) || item.dataset.setting) return;
  menu.hidePopover();
}

for (const menu of document.querySelectorAll(".player-menu")) {
  menu.addEventListener("toggle", onToggle);
  menu.addEventListener("keydown", onKeydown);
  menu.addEventListener("click", onClick);
}
document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-setting]");
  if (!toggle) return;
  setItem(toggle.dataset.setting, !isEnabled(toggle.dataset.setting));
  showSettings();
});
showSettings();
export { showSettings };
