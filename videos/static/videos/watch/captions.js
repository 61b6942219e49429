// The subtitle menu. The chosen language, or off, is stored and used for the next video.
import { message, onVideo, player, showStatus, video } from "./player.js";
import { getItem, setItem } from "../shared/storage.js";

const button = document.getElementById("captions");
const menu = document.getElementById("captions-menu");
const off = menu.querySelector("[data-track]");

function tracks() {
  return [...video.textTracks].filter((track) => track.kind === "subtitles" || track.kind === "captions");
}

function show(chosen) {
  for (const track of tracks()) track.mode = track === chosen ? "showing" : "disabled";
  const items = [...menu.children];
  const checkedIndex = chosen ? tracks().indexOf(chosen) + 1 : 0;
  items.forEach((item, index) => item.setAttribute("aria-checked", String(index === checkedIndex)));
  button.classList.toggle("is-on", Boolean(chosen));
  schedulePositioning();
}

function choose(track) {
  show(track);
  const stored = getItem("subtitles", {});
  // Keep the language while subtitles are off, so that C turns the same one on again.
  setItem("subtitles", track ? { on: true, language: track.language, label: track.label } : { ...stored, on: false });
  showStatus(track ? track.label || track.language : off.textContent);
}

function preferredTrack() {
  const stored = getItem("subtitles", {});
  const all = tracks();
  const exact = all.find((track) => track.label === stored.label && track.language === stored.language);
  return exact ?? all.find((track) => stored.language && track.language === stored.language);
}

export function toggleCaptions() {
  const all = tracks();
  if (!all.length) return;
  choose(all.some((track) => track.mode === "showing") ? null : (preferredTrack() ?? all[0]));
}

function setUp() {
  const items = tracks().map((track) => {
    const item = document.createElement("button");
    item.type = "button";
    item.setAttribute("role", "menuitemradio");
    item.dir = "auto";
    item.textContent = track.label || track.language;
    item.addEventListener("click", () => choose(track));
    return item;
  });
  menu.replaceChildren(off, ...items);
  for (const track of tracks()) track.oncuechange = schedulePositioning;
  for (const element of video.querySelectorAll("track[kind='subtitles']")) element.onerror = onTrackError;
  button.hidden = !items.length;
  show(getItem("subtitles", {}).on ? preferredTrack() : null);
}

// Subtitles at the bottom of the picture move up while the controls are visible.
const CONTROLS_PIXELS = 72;
// The height of a subtitle line as a share of the picture: browsers use 5 %, times our line height.
const LINE_OF_HEIGHT = 0.05 * 1.35;
const originalPositions = new Map();

function positionCues() {
  const areControlsVisible = !player.hasAttribute("userinactive") || player.hasAttribute("mediapaused");
  const pictureSize = Math.min(video.clientHeight, video.clientWidth);
  const hiddenLines = Math.ceil(CONTROLS_PIXELS / (pictureSize * LINE_OF_HEIGHT));
  const showing = tracks().filter((track) => track.mode === "showing");
  const shown = new Set(showing.flatMap((track) => [...(track.activeCues ?? [])]));
  let isMoved = false;
  for (const [cue, position] of originalPositions) {
    if (areControlsVisible && shown.has(cue)) continue;
    Object.assign(cue, position);
    originalPositions.delete(cue);
    isMoved ||= shown.has(cue);
  }
  for (const cue of areControlsVisible && pictureSize ? shown : []) {
    if (originalPositions.has(cue) || cue.vertical || !isAtBottom(cue)) continue;
    originalPositions.set(cue, { snapToLines: cue.snapToLines, line: cue.line });
    cue.snapToLines = true;
    cue.line = -hiddenLines - cue.text.split("\n").length;
    isMoved = true;
  }
  if (!isMoved) return;
  // Chromium redraws cues only when the next one starts, or when the mode changes.
  for (const track of showing) {
    track.mode = "hidden";
    track.mode = "showing";
  }
}

// Chromium ignores changes to a cue that are made in the cuechange event itself.
function schedulePositioning() {
  requestAnimationFrame(positionCues);
}

function isAtBottom(cue) {
  if (cue.line === "auto") return true;
  return cue.snapToLines ? cue.line < 0 && cue.line > -4 : cue.line > 75;
}

// Browsers show no error for a broken subtitle file, so the player does.
function onTrackError(event) {
  if (event.target.track.mode === "showing") showStatus(message("unreadableSubtitles"));
}

new MutationObserver(schedulePositioning).observe(player, { attributeFilter: ["userinactive", "mediapaused"] });

off.addEventListener("click", () => choose(null));
onVideo(setUp);
