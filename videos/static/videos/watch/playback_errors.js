// Shows an explanation instead of a dead player when the browser cannot play the file, or only its sound or picture.
import { onVideo, player, video } from "./player.js";
import { checkConnection } from "./connectivity.js";

const stage = document.getElementById("stage");
// Before this the decoder may not have reached the audio.
const AUDIO_CHECK_SECONDS = 2;

function show(isUnplayable) {
  document.getElementById("unplayable").hidden = !isUnplayable;
  stage.classList.toggle("is-unplayable", isUnplayable);
}

async function onError() {
  const { error } = video;
  const isConnected = await checkConnection();
  // Meanwhile another video may have been loaded, or this one retried.
  if (isConnected && error && video.error === error) show(true);
}

function onMetadata() {
  // The browser can decode only the audio of this file.
  if ("hasPicture" in player.dataset && !video.videoWidth) show(true);
}

function isSilent() {
  if (!("hasSound" in player.dataset) || video.currentTime < AUDIO_CHECK_SECONDS) return false;
  if (video.audioTracks) return video.audioTracks.length === 0;
  if (video.mozHasAudio !== undefined) return !video.mozHasAudio;
  return video.webkitAudioDecodedByteCount === 0;
}

function checkAudio() {
  // Only played time counts: after a seek nothing has been decoded yet.
  if (video.played.length && video.played.end(video.played.length - 1) - video.played.start(video.played.length - 1) > AUDIO_CHECK_SECONDS) {
    document.getElementById("silent").hidden = !isSilent();
  }
}

function retry(event) {
  if (!event.target.closest("#play-again")) return;
  show(false);
  video.load();
}

video.addEventListener("error", onError);
video.addEventListener("loadedmetadata", onMetadata);
video.addEventListener("timeupdate", checkAudio);
document.addEventListener("click", retry);
onVideo(() => {
  // The error may have happened before this script ran.
  show(false);
  if (video.error) onError();
  if (video.readyState > 0) onMetadata();
});
