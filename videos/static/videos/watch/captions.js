// The menu of subtitles. What was chosen, a language or none, is chosen again on the next page.
import { onVideo, say, video } from "./player.js";
import { recall, remember } from "../shared/memory.js";

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
  button.hidden = !items.length;
  show(recall("subtitles", {}).on ? preferred() : null);
}

off.addEventListener("click", () => choose(null));
onVideo(fill);
