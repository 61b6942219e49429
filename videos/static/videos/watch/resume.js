// Goes on where this viewer stopped, on whatever device, and tells the server where that is.
import { clock, duration, onVideo, play, player, seek, video } from "./player.js";
import { heardOfSaving, isCutOff, untilGivenUp } from "./connectivity.js";
import { forget, recall, remember } from "../shared/storage.js";

const EVERY_MILLISECONDS = 10_000;
const NOTE_SECONDS = 8;
// A page that opens within this after it was left is the same page, loaded again: the server may not have heard yet.
const RELOAD_MILLISECONDS = 20_000;
// What the server did not take is kept for as long as somebody may need to log in again.
const OWED_MILLISECONDS = 30 * 60_000;

// The position that the server has, as far as this page knows.
let saved = 0;
let savedAt = 0;
// Whether somebody has played or moved since: a page that was only open must not overwrite what another device saved.
let moved = false;
// Whether the server was away, or asked for a login, when it was last told.
let isOwed = false;

function position() {
  return video.ended ? duration() : video.currentTime;
}

function content() {
  const form = new FormData(document.getElementById("save-position"));
  form.set("seconds", position().toFixed(3));
  if (Number.isFinite(video.duration)) form.set("duration", video.duration.toFixed(3));
  return form;
}

function address() {
  return location.pathname + location.search;
}

function isWorthSaving() {
  return moved && video.readyState > 0 && Number.isFinite(position()) && Math.abs(position() - saved) > 0.25;
}

async function save() {
  if (!isWorthSaving()) return;
  const seconds = position();
  savedAt = performance.now();
  const url = document.getElementById("save-position").action;
  const response = await fetch(url, { method: "POST", body: content(), keepalive: true, signal: untilGivenUp() }).catch(() => null);
  // Where the server did not answer, the next turn tries again.
  heardOfSaving(response);
  isOwed = !response?.ok;
  if (!isOwed) saved = seconds;
}

// The page may be gone the next moment, and with it every request that is not handed over.
export function leave() {
  if (!isWorthSaving()) return;
  saved = position();
  const form = document.getElementById("save-position");
  if (!navigator.sendBeacon?.(form.action, content())) fetch(form.action, { method: "POST", body: content(), keepalive: true });
}

function note() {
  return document.getElementById("resumed");
}

// The server had not heard yet of where the page was left, when it wrote this one.
function overtake() {
  const left = recall("left", null, "sessionStorage");
  forget("left", "sessionStorage");
  if (left?.video !== player.dataset.video) return;
  // What lies in the future was noted while the clock was wrong.
  const age = Date.now() - left.at;
  if (age < 0 || age > (left.isOwed ? OWED_MILLISECONDS : RELOAD_MILLISECONDS)) return;
  // A moment that the address names comes first, but for somebody who comes back to this very page from the login.
  const comesBack = left.isOwed && left.address === address();
  if (new URLSearchParams(location.search).has("t") && !comesBack) return;
  document.getElementById("resumed-at").textContent = clock(left.seconds);
  note().hidden = false;
  if (Math.abs(video.currentTime - left.seconds) > 1) video.currentTime = left.seconds;
  if (!left.isOwed) return (saved = left.seconds);
  moved = true;
  save();
}

function begin() {
  saved = Number(new URL(video.src).hash.match(/t=([\d.]+)/)?.[1] ?? 0);
  savedAt = performance.now();
  moved = false;
  isOwed = false;
}

function startOver(event) {
  if (!event.target.closest("#start-over")) return;
  event.preventDefault();
  note().hidden = true;
  seek(0);
  play();
}

function goOn() {
  moved = moved || !video.paused;
  if (!video.paused && video.currentTime > saved + NOTE_SECONDS) note().hidden = true;
  if (performance.now() - savedAt >= EVERY_MILLISECONDS) save();
}

onVideo(begin);
if (video.readyState > 0) overtake();
else video.addEventListener("loadedmetadata", overtake, { once: true });
document.addEventListener("click", startOver);
video.addEventListener("timeupdate", goOn);
video.addEventListener("pause", save);
video.addEventListener("ended", () => {
  moved = true;
  save();
});
video.addEventListener("seeked", () => (moved = moved || Math.abs(position() - saved) > 1));
document.addEventListener("visibilitychange", () => document.hidden && leave());
window.addEventListener("pagehide", () => {
  const left = {
    video: player.dataset.video, address: address(), seconds: position(), at: Date.now(), isOwed: isOwed || isCutOff,
  };
  if (moved && !video.ended) remember("left", left, "sessionStorage");
  leave();
});
