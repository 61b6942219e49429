// Counts one view per session, after ten seconds or a tenth of the video have been played.
import { duration, onVideo, player, video } from "./player.js";
import { handleSaveResponse } from "./connectivity.js";
import { getItem, removeItem, setItem } from "../shared/storage.js";

const MIN_SECONDS = 10;
const MIN_SHARE = 0.1;
// A session continues over reloads and other videos, and ends after 30 minutes without playback of this one.
const SESSION_MILLISECONDS = 30 * 60_000;
const RETRY_MILLISECONDS = 10_000;

let played = 0;
let lastTime = null;
let isCounted = false;
let attemptedAt = -Infinity;

function sessionKey() {
  return `view-session-${player.dataset.video}`;
}

// Marks a view that the server did not accept because it was offline or the user was logged out.
function pendingKey() {
  return `pending-view-${player.dataset.video}`;
}

function isRecent(key) {
  const age = Date.now() - getItem(key, 0, "sessionStorage");
  return age >= 0 && age < SESSION_MILLISECONDS;
}

async function count() {
  attemptedAt = performance.now();
  isCounted = true;
  const form = document.getElementById("count-view");
  const response = await fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => null);
  handleSaveResponse(response);
  isCounted = Boolean(response?.ok);
  setItem(isCounted ? sessionKey() : pendingKey(), Date.now(), "sessionStorage");
  if (isCounted) removeItem(pendingKey(), "sessionStorage");
}

function onTimeUpdate() {
  const step = video.currentTime - (lastTime ?? video.currentTime);
  lastTime = video.currentTime;
  if (isCounted) return setItem(sessionKey(), Date.now(), "sessionStorage");
  // A longer or backward step is a seek, which is not playback.
  if (step > 0 && step < 2 * Math.max(1, video.playbackRate)) played += step;
  const requiredSeconds = Math.min(MIN_SECONDS, duration() * MIN_SHARE);
  if (played >= requiredSeconds && performance.now() - attemptedAt > RETRY_MILLISECONDS) count();
}

onVideo(() => {
  played = isRecent(pendingKey()) ? MIN_SECONDS : 0;
  lastTime = null;
  attemptedAt = -Infinity;
  isCounted = isRecent(sessionKey());
});
video.addEventListener("timeupdate", onTimeUpdate);
