// A view counts once a page, when ten seconds or a tenth of the video have really been played.
const MIN_SECONDS = 10;
const MIN_SHARE = 0.1;

const player = document.querySelector("video.player");
const form = document.getElementById("count-view");
let played = 0;
let last = null;

function count() {
  player.removeEventListener("timeupdate", listen);
  fetch(form.action, { method: "POST", body: new FormData(form), keepalive: true });
}

function listen() {
  const step = player.currentTime - (last ?? player.currentTime);
  last = player.currentTime;
  // A longer step, or one back, is a seek: nothing was watched in between.
  if (step > 0 && step < 2 * Math.max(1, player.playbackRate)) played += step;
  const enough = Math.min(MIN_SECONDS, (player.duration || Infinity) * MIN_SHARE);
  if (played >= enough) count();
}

player?.addEventListener("timeupdate", listen);
