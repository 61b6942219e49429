// Says so where the browser cannot play the file, or only its sound, or only its picture, instead of a dead player.
import { onVideo, player, video } from "./player.js";
import { isReachable } from "./connectivity.js";

const stage = document.getElementById("stage");
// Until then the decoder may not have got to the sound.
const HEARD_AFTER_SECONDS = 2;

function show(isUnplayable) {
  document.getElementById("unplayable").hidden = !isUnplayable;
  stage.classList.toggle("is-unplayable", isUnplayable);
}

async function failed() {
  const { error } = video;
  const isFilesFault = await isReachable();
  // By then another film may stand in the player, or this one have been tried again.
  if (isFilesFault && error && video.error === error) show(true);
}

function looked() {
  // The sound of a file whose picture this browser cannot decode.
  if ("hasPicture" in player.dataset && !video.videoWidth) show(true);
}

function isSilent() {
  if (!("hasSound" in player.dataset) || video.currentTime < HEARD_AFTER_SECONDS) return false;
  if (video.audioTracks) return video.audioTracks.length === 0;
  if (video.mozHasAudio !== undefined) return !video.mozHasAudio;
  return video.webkitAudioDecodedByteCount === 0;
}

function listen() {
  // Counted while it plays: after a seek alone nothing has been decoded yet.
  if (video.played.length && video.played.end(video.played.length - 1) - video.played.start(video.played.length - 1) > HEARD_AFTER_SECONDS) {
    document.getElementById("silent").hidden = !isSilent();
  }
}

function tryAgain(event) {
  if (!event.target.closest("#play-again")) return;
  show(false);
  video.load();
}

video.addEventListener("error", failed);
video.addEventListener("loadedmetadata", looked);
video.addEventListener("timeupdate", listen);
document.addEventListener("click", tryAgain);
onVideo(() => {
  // The error may have come before this script.
  show(false);
  if (video.error) failed();
  if (video.readyState > 0) looked();
});
