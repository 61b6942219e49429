// The menu of subtitles. What was chosen, a language or none, is chosen again on the next page.
import { onVideo, player, say, video, words } from "./player.js";
import { recall, remember } from "../shared/storage.js";

const button = document.getElementById("captions");
const menu = document.getElementById("captions-menu");
const off = menu.querySelector("[data-track]");

function tracks() {
  return [...video.textTracks].filter((track) => track.kind === "subtitles" || track.kind === "captions");
}

function show(chosen) {
  for (const track of tracks()) track.mode = track === chosen ? "showing" : "disabled";
  const items = [...menu.children];
  const at = chosen ? tracks().indexOf(chosen) + 1 : 0;
  items.forEach((item, index) => item.setAttribute("aria-checked", String(index === at)));
  button.classList.toggle("is-on", Boolean(chosen));
  placeSoon();
}

function choose(track) {
  show(track);
  const known = recall("subtitles", {});
  // Which language it was stays known while they are off, so that C brings it back.
  remember("subtitles", track ? { on: true, language: track.language, label: track.label } : { ...known, on: false });
  say(track ? track.label || track.language : off.textContent);
}

function preferred() {
  const kept = recall("subtitles", {});
  const all = tracks();
  const same = all.find((track) => track.label === kept.label && track.language === kept.language);
  return same ?? all.find((track) => kept.language && track.language === kept.language);
}

export function toggleCaptions() {
  const all = tracks();
  if (!all.length) return;
  choose(all.some((track) => track.mode === "showing") ? null : (preferred() ?? all[0]));
}

function fill() {
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
  for (const track of tracks()) track.oncuechange = placeSoon;
  for (const element of video.querySelectorAll("track[kind='subtitles']")) element.onerror = unreadable;
  button.hidden = !items.length;
  show(recall("subtitles", {}).on ? preferred() : null);
}

// What stands at the bottom of the picture makes room for the controls while these are there; the rest stays.
const CONTROLS_PIXELS = 72;
// A line of subtitles in parts of the picture's height: a twentieth, as browsers set it, by the line height of ours.
const LINE_OF_HEIGHT = 0.05 * 1.35;
const homes = new Map();

function place() {
  const isCovered = !player.hasAttribute("userinactive") || player.hasAttribute("mediapaused");
  const picture = Math.min(video.clientHeight, video.clientWidth);
  const hidden = Math.ceil(CONTROLS_PIXELS / (picture * LINE_OF_HEIGHT));
  const showing = tracks().filter((track) => track.mode === "showing");
  const shown = new Set(showing.flatMap((track) => [...(track.activeCues ?? [])]));
  let isMoved = false;
  for (const [cue, home] of homes) {
    if (isCovered && shown.has(cue)) continue;
    Object.assign(cue, home);
    homes.delete(cue);
    isMoved ||= shown.has(cue);
  }
  for (const cue of isCovered && picture ? shown : []) {
    if (homes.has(cue) || cue.vertical || !isLow(cue)) continue;
    homes.set(cue, { snapToLines: cue.snapToLines, line: cue.line });
    cue.snapToLines = true;
    cue.line = -hidden - cue.text.split("\n").length;
    isMoved = true;
  }
  if (!isMoved) return;
  // Chromium would draw it at the next cue only.
  for (const track of showing) {
    track.mode = "hidden";
    track.mode = "showing";
  }
}

// While Chromium tells of new cues, it does not draw what is changed in them.
function placeSoon() {
  requestAnimationFrame(place);
}

function isLow(cue) {
  if (cue.line === "auto") return true;
  return cue.snapToLines ? cue.line < 0 && cue.line > -4 : cue.line > 75;
}

// The browser has no word for it: the menu would show a language that never appears.
function unreadable(event) {
  if (event.target.track.mode === "showing") say(words("unreadableSubtitles"));
}

new MutationObserver(placeSoon).observe(player, { attributeFilter: ["userinactive", "mediapaused"] });

off.addEventListener("click", () => choose(null));
onVideo(fill);
