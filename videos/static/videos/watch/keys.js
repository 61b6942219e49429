// The keys of the player, wherever on the page one is, but never while somebody types.
import { duration, player, request, say, seek, video, words } from "./player.js";
import { toggleCaptions } from "./captions.js";
import { changeSpeed } from "./speed.js";
import { loopFrom, loopTo, stopLoop } from "./loop.js";
import { stepFrame } from "./frame_step.js";
import { toggleTheatre } from "./theatre.js";
import { toggleFullscreen } from "./gestures.js";
import { addMarker } from "./new_marker.js";
import { showKeys } from "../shared/shortcuts_dialog.js";
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
  say(video.muted ? words("muted") : `${Math.round(video.volume * 100)} %`);
}

function changeVolume(by) {
  const volume = Math.max(0, Math.min(1, Math.round((video.volume + by) * 100) / 100));
  request("volume", volume);
  if (volume > 0 && video.muted) request("unmute");
  say(`${Math.round(volume * 100)} %`);
}

function togglePictureInPicture() {
  if (!document.pictureInPictureEnabled || video.readyState === 0) return;
  request(document.pictureInPictureElement ? "exitpip" : "enterpip");
}

function jump(seconds) {
  seek(video.currentTime + seconds);
  say(`${seconds > 0 ? "+" : "−"}${Math.abs(seconds)} s`);
}

const KEYS = {
  " ": togglePlay, k: togglePlay,
  j: () => jump(-JUMP_SECONDS), l: () => jump(JUMP_SECONDS),
  ",": () => stepFrame(-1), ".": () => stepFrame(1),
  "<": () => changeSpeed(-1), ">": () => changeSpeed(1),
  f: toggleFullscreen, m: toggleMute, t: toggleTheatre, c: toggleCaptions, i: togglePictureInPicture,
  "[": loopFrom, "]": loopTo, "\\": stopLoop,
  n: addMarker, "?": showKeys,
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

// The control that was last pressed with a pointer. It keeps the focus, but the space bar and the arrows are the player's
// again; a control that was reached in any other way has the keys that work controls.
let pressed = null;
let walked = false;

function press(event) {
  const control = event.target.closest("a, button, summary, input, label, [tabindex]");
  pressed = control && { control, id: control.id };
  show(false);
}

function walk() {
  pressed = null;
  show(true);
}

// The ring is for who walks by the keys; who uses them for playing knows where they are.
function show(isWalking) {
  walked = isWalking;
  player.classList.toggle("is-walked", walked);
}

function isHeld(element) {
  if (element === player || element === document.body) return false;
  // What was pressed may have come anew from the server.
  return element !== pressed?.control && !(element.id && element.id === pressed?.id);
}

function isOtherwiseMeant(event) {
  const isAltGr = event.getModifierState("AltGraph");
  return event.defaultPrevented || event.isComposing || event.metaKey || ((event.ctrlKey || event.altKey) && !isAltGr);
}

function key(event) {
  const element = document.activeElement ?? document.body;
  if (isOtherwiseMeant(event)) return;
  if (isTyping(element)) return leaveField(event, element);
  if (document.querySelector("dialog[open]")) {
    if (event.key === "?") showKeys();
    return;
  }
  if (event.key in ARROWS) return arrow(event, element);
  if (event.key === "Enter" && (element === player || element === document.body)) return toControls(event);
  if ((event.key === " " || event.key === "Enter") && isHeld(element)) return;
  const name = nameOf(event);
  if (!(name in KEYS) || (event.repeat && ONCE.has(name))) return;
  event.preventDefault();
  KEYS[name]();
}

// A letter is a capital one by the shift key, whatever Caps Lock says.
function nameOf({ key: sign, shiftKey }) {
  if (sign.length > 1 || sign.toLowerCase() === sign.toUpperCase()) return sign;
  const capital = sign.toUpperCase();
  return shiftKey && capital in KEYS ? capital : sign.toLowerCase();
}

// Up and down mean nothing in a field of one line: they lead out of it.
function leaveField(event, element) {
  if (element.localName !== "input" || !walked || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
  if (moveFocus(element, event.key)) event.preventDefault();
}

function arrow(event, element) {
  const isSideways = event.key === "ArrowLeft" || event.key === "ArrowRight";
  if (isHeld(element)) {
    walk();
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

function toControls(event) {
  event.preventDefault();
  // media-chrome shows the controls at a key that comes up.
  const buttons = [...player.querySelectorAll("media-play-button")];
  walk();
  buttons.findLast((button) => button.checkVisibility())?.focus({ focusVisible: true });
}

document.addEventListener("keydown", key);

document.addEventListener("keydown", (event) => event.key === "Tab" && walk(), true);
document.addEventListener("pointerdown", press, true);
// The player has the keys from the start; with no ring around it, as nobody has gone there by a key.
customElements.whenDefined("media-controller").then(() => {
  if (document.activeElement === document.body) player.focus({ preventScroll: true });
});
