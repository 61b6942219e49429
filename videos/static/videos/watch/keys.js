// Keyboard shortcuts of the player. They work on the whole page, except in text fields.
import { duration, message, player, request, seek, showStatus, video } from "./player.js";
import { toggleCaptions } from "./captions.js";
import { changeSpeed } from "./speed.js";
import { loopFrom, loopTo, stopLoop } from "./loop.js";
import { stepFrame } from "./frame_step.js";
import { toggleTheatre } from "./theatre.js";
import { toggleFullscreen } from "./gestures.js";
import { addMarker } from "./new_marker.js";
import { toggleShortcuts } from "../shared/shortcuts_dialog.js";
import { goNext, goPrevious } from "./up_next.js";
import { moveFocus } from "../shared/spatial_navigation.js";
import { isTyping } from "../shared/typing.js";

const JUMP_SECONDS = 10;
const STEP_SECONDS = 5;
const VOLUME_STEP = 0.05;

function togglePlay() {
  request(video.paused ? "play" : "pause");
}

function toggleMute() {
  request(video.muted || video.volume === 0 ? "unmute" : "mute");
  showStatus(video.muted ? message("muted") : `${Math.round(video.volume * 100)} %`);
}

function changeVolume(by) {
  const volume = Math.max(0, Math.min(1, Math.round((video.volume + by) * 100) / 100));
  request("volume", volume);
  if (volume > 0 && video.muted) request("unmute");
  showStatus(`${Math.round(volume * 100)} %`);
}

function togglePictureInPicture() {
  if (!document.pictureInPictureEnabled || video.readyState === 0) return;
  request(document.pictureInPictureElement ? "exitpip" : "enterpip");
}

function jump(seconds) {
  seek(video.currentTime + seconds);
  showStatus(`${seconds > 0 ? "+" : "−"}${Math.abs(seconds)} s`);
}

const KEYS = {
  " ": togglePlay, k: togglePlay,
  j: () => jump(-JUMP_SECONDS), l: () => jump(JUMP_SECONDS),
  ",": () => stepFrame(-1), ".": () => stepFrame(1),
  "<": () => changeSpeed(-1), ">": () => changeSpeed(1),
  f: toggleFullscreen, m: toggleMute, t: toggleTheatre, c: toggleCaptions, i: togglePictureInPicture,
  "[": loopFrom, "]": loopTo, "\\": stopLoop,
  n: addMarker, "?": toggleShortcuts,
  N: goNext, P: goPrevious,
};
const ONCE = new Set([" ", "k", "f", "m", "t", "c", "i", "n", "?", "N", "P", "[", "]"]);
for (let tenth = 0; tenth <= 9; tenth++) {
  KEYS[tenth] = () => Number.isFinite(duration()) && seek((duration() * tenth) / 10);
}
const ARROWS = {
  ArrowLeft: () => jump(-STEP_SECONDS), ArrowRight: () => jump(STEP_SECONDS),
  ArrowUp: () => changeVolume(VOLUME_STEP), ArrowDown: () => changeVolume(-VOLUME_STEP),
};

// The control that was last clicked. It keeps the focus, but Space and the arrow keys control the player. A control that was
// focused by keyboard handles these keys itself.
let clicked = null;
let isKeyboardMode = false;

function onPointerDown(event) {
  const control = event.target.closest("a, button, summary, input, label, [tabindex]");
  clicked = control && { control, id: control.id };
  setKeyboardMode(false);
}

function enterKeyboardMode() {
  clicked = null;
  setKeyboardMode(true);
}

// The focus ring is shown only when navigating by keyboard, not when using shortcuts.
function setKeyboardMode(isOn) {
  isKeyboardMode = isOn;
  player.classList.toggle("is-keyboard", isKeyboardMode);
}

function handlesKeysItself(element) {
  if (element === player || element === document.body) return false;
  // The element may have been replaced by htmx: compare by id, too.
  return element !== clicked?.control && !(element.id && element.id === clicked?.id);
}

function isIgnored(event) {
  const isAltGr = event.getModifierState("AltGraph");
  return event.defaultPrevented || event.isComposing || event.metaKey || ((event.ctrlKey || event.altKey) && !isAltGr);
}

function onKeydown(event) {
  const element = document.activeElement ?? document.body;
  if (isIgnored(event)) return;
  if (isTyping(element)) return leaveField(event, element);
  if (document.querySelector("dialog[open]")) {
    if (event.key === "?") toggleShortcuts();
    return;
  }
  if (event.key in ARROWS) return onArrow(event, element);
  if (event.key === "Enter" && (element === player || element === document.body)) return focusControls(event);
  if ((event.key === " " || event.key === "Enter") && handlesKeysItself(element)) return;
  const name = shortcutName(event);
  if (!(name in KEYS) || (event.repeat && ONCE.has(name))) return;
  event.preventDefault();
  KEYS[name]();
}

// Only Shift makes a letter upper case, not Caps Lock.
function shortcutName({ key, shiftKey }) {
  if (key.length > 1 || key.toLowerCase() === key.toUpperCase()) return key;
  const capital = key.toUpperCase();
  return shiftKey && capital in KEYS ? capital : key.toLowerCase();
}

// Up and down do nothing in a single-line field, so they leave it.
function leaveField(event, element) {
  if (element.localName !== "input" || !isKeyboardMode || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  if (moveFocus(element, event.key)) event.preventDefault();
}

function onArrow(event, element) {
  const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (handlesKeysItself(element)) {
    enterKeyboardMode();
    if (isSideways && element.localName === "media-time-range") ARROWS[event.key]();
    else if (isSideways && element.localName === "media-volume-range") changeVolume(event.key === "ArrowRight" ? VOLUME_STEP : -VOLUME_STEP);
    else if (!moveFocus(element, event.key)) return;
  } else if (isSideways || element === player) {
    ARROWS[event.key]();
  } else {
    // Up and down scroll the page, unless the player has the focus.
    return;
  }
  event.preventDefault();
}

function focusControls(event) {
  event.preventDefault();
  // media-chrome shows the controls on keyup.
  const buttons = [...player.querySelectorAll("media-play-button")];
  enterKeyboardMode();
  buttons.findLast((button) => button.checkVisibility())?.focus({ focusVisible: true });
}

document.addEventListener("keydown", onKeydown);

document.addEventListener("keydown", (event) => event.key === "Tab" && enterKeyboardMode(), true);
document.addEventListener("pointerdown", onPointerDown, true);
// The player has the focus from the start, without a focus ring.
customElements.whenDefined("media-controller").then(() => {
  if (document.activeElement === document.body) player.focus({ preventScroll: true });
});
