// Resumes where this viewer stopped, on any device, and saves the position to the server.
import { duration, formatTime, onVideo, play, player, seek, video } from "./player.js";
import { handleSaveResponse, isDisconnected, requestTimeout } from "./connectivity.js";
import { getItem, removeItem, setItem } from "../shared/storage.js";

const SAVE_INTERVAL_MILLISECONDS = 10_000;
const HIDE_NOTE_AFTER_SECONDS = 8;
// A page opened this soon after it was left is a reload: the server may not have the latest position yet.
const RELOAD_MILLISECONDS = 20_000;
// A position that could not be saved is kept long enough to log in again.
const UNSAVED_MILLISECONDS = 30 * 60_000;

// The position that the server has, as far as this page knows.
let savedSeconds = 0;
let savedAt = 0;
// Whether the user has played or seeked: a page that was only open must not overwrite the position of another device.
let hasMoved = false;
// Whether the last save failed because the server was offline or the user was logged out.
let isUnsaved = false;

function position() {
  return video.ended ? duration() : video.currentTime;
}

function formData() {
  const form = new FormData(document.getElementById("save-position"));
  form.set("seconds", position().toFixed(3));
  if (Number.isFinite(video.duration)) form.set("duration", video.duration.toFixed(3));
  return form;
}

function address() {
  return location.pathname + location.search;
}

function isWorthSaving() {
  return hasMoved && video.readyState > 0 && Number.isFinite(position()) && Math.abs(position() - savedSeconds) > 0.25;
}

async function save() {
  if (!isWorthSaving()) return;
  const seconds = position();
  savedAt = performance.now();
  const url = document.getElementById("save-position").action;
  const response = await fetch(url, { method: "POST", body: formData(), keepalive: true, signal: requestTimeout() }).catch(() => null);
  // Without a response the next interval tries again.
  handleSaveResponse(response);
  isUnsaved = !response?.ok;
  if (!isUnsaved) savedSeconds = seconds;
}

// The page may be closed now: a beacon is sent even so, a normal request is not.
export function saveBeforeLeaving() {
  if (!isWorthSaving()) return;
  savedSeconds = position();
  const form = document.getElementById("save-position");
  if (!navigator.sendBeacon?.(form.action, formData())) fetch(form.action, { method: "POST", body: formData(), keepalive: true });
}

function note() {
  return document.getElementById("resumed");
}

// When the server rendered this page, it may not have had the latest position yet.
function restoreFromSession() {
  const left = getItem("left", null, "sessionStorage");
  removeItem("left", "sessionStorage");
  if (left?.video !== player.dataset.video) return;
  // A time in the future was stored while the clock was wrong.
  const age = Date.now() - left.at;
  if (age < 0 || age > (left.isUnsaved ? UNSAVED_MILLISECONDS : RELOAD_MILLISECONDS)) return;
  // A time in the URL wins, unless the user comes back to this very page after logging in.
  const isBackFromLogin = left.isUnsaved && left.address === address();
  if (new URLSearchParams(location.search).has("t") && !isBackFromLogin) return;
  document.getElementById("resumed-at").textContent = formatTime(left.seconds);
  note().hidden = false;
  if (Math.abs(video.currentTime - left.seconds) > 1) video.currentTime = left.seconds;
  if (!left.isUnsaved) return (savedSeconds = left.seconds);
  hasMoved = true;
  save();
}

function reset() {
  savedSeconds = Number(new URL(video.src).hash.match(/t=([\d.]+)/)?.[1] ?? 0);
  savedAt = performance.now();
  hasMoved = false;
  isUnsaved = false;
}

function startOver(event) {
  if (!event.target.closest("#start-over")) return;
  event.preventDefault();
  note().hidden = true;
  seek(0);
  play();
}

function onTimeUpdate() {
  hasMoved = hasMoved || !video.paused;
  if (!video.paused && video.currentTime > savedSeconds + HIDE_NOTE_AFTER_SECONDS) note().hidden = true;
  if (performance.now() - savedAt >= SAVE_INTERVAL_MILLISECONDS) save();
}

onVideo(reset);
if (video.readyState > 0) restoreFromSession();
else video.addEventListener("loadedmetadata", restoreFromSession, { once: true });
document.addEventListener("click", startOver);
video.addEventListener("timeupdate", onTimeUpdate);
video.addEventListener("pause", save);
video.addEventListener("ended", () => {
  hasMoved = true;
  save();
});
video.addEventListener("seeked", () => (hasMoved = hasMoved || Math.abs(position() - savedSeconds) > 1));
document.addEventListener("visibilitychange", () => document.hidden && saveBeforeLeaving());
window.addEventListener("pagehide", () => {
  const left = {
    video: player.dataset.video, address: address(), seconds: position(), at: Date.now(), isUnsaved: isUnsaved || isDisconnected,
  };
  if (hasMoved && !video.ended) setItem("left", left, "sessionStorage");
  saveBeforeLeaving();
});
