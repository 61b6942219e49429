// Counts a view once a sitting, when ten seconds or a tenth of the video have really been played.
import { duration, onVideo, player, video } from "./player.js";
import { heardOfSaving } from "./connectivity.js";
import { forget, recall, remember } from "../shared/storage.js";

const MIN_SECONDS = 10;
const MIN_SHARE = 0.1;
// A sitting goes on when the page is loaded again, or another video seen in between, and ends with half an hour without.
const SITTING_MILLISECONDS = 30 * 60_000;
const AGAIN_MILLISECONDS = 10_000;

let played = 0;
let last = null;
let isCounted = false;
let triedAt = -Infinity;

function sitting() {
  return `sitting-${player.dataset.video}`;
}

// A view that the server has not taken: it was away, or asked for a login, on the way to which the page is left.
function owed() {
  return `owed-${player.dataset.video}`;
}

function isRecent(key) {
  const age = Date.now() - recall(key, 0, "sessionStorage");
  return age >= 0 && age < SITTING_MILLISECONDS;
}

async function count() {
  triedAt = performance.now();
  isCounted = true;
  const form = document.getElementById("count-view");
  const response = await fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true }).catch(() => null);
  heardOfSaving(response);
  isCounted = Boolean(response?.ok);
  remember(isCounted ? sitting() : owed(), Date.now(), "sessionStorage");
  if (isCounted) forget(owed(), "sessionStorage");
}

function listen() {
  const step = video.currentTime - (last ?? video.currentTime);
  last = video.currentTime;
  if (isCounted) return remember(sitting(), Date.now(), "sessionStorage");
  // A longer step, or one back, is a seek: nothing was watched in between.
  if (step > 0 && step < 2 * Math.max(1, video.playbackRate)) played += step;
  const enough = Math.min(MIN_SECONDS, duration() * MIN_SHARE);
  if (played >= enough && performance.now() - triedAt > AGAIN_MILLISECONDS) count();
}

onVideo(() => {
  played = isRecent(owed()) ? MIN_SECONDS : 0;
  last = null;
  triedAt = -Infinity;
  isCounted = isRecent(sitting());
});
video.addEventListener("timeupdate", listen);
