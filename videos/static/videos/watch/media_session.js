// Media Session: media keys, headset buttons and the lock screen.
import { onVideo, player, seek, video } from "./player.js";
import { goNext, goPrevious } from "./up_next.js";

const session = navigator.mediaSession;
const SKIP_SECONDS = 10;

function setHandler(action, handler) {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // The browser does not support this action.
  }
}

function updateMetadata() {
  const { title, list, cover } = player.dataset;
  const artwork = cover ? [{ src: new URL(cover, location.href).href, type: "image/webp", sizes: "480x270" }] : [];
  session.metadata = new MediaMetadata({ title, album: list ?? "", artwork });
  setHandler("nexttrack", document.getElementById("next").hidden ? null : goNext);
  setHandler("previoustrack", document.getElementById("previous").hidden ? null : goPrevious);
}

function updatePosition() {
  if (!Number.isFinite(video.duration) || !session.setPositionState) return;
  session.setPositionState({
    duration: video.duration,
    playbackRate: video.playbackRate,
    position: Math.min(video.currentTime, video.duration),
  });
}

if (session) {
  setHandler("play", () => video.play());
  setHandler("pause", () => video.pause());
  setHandler("seekbackward", ({ seekOffset }) => seek(video.currentTime - (seekOffset ?? SKIP_SECONDS)));
  setHandler("seekforward", ({ seekOffset }) => seek(video.currentTime + (seekOffset ?? SKIP_SECONDS)));
  setHandler("seekto", ({ seekTime }) => seek(seekTime));
  for (const event of ["durationchange", "ratechange", "seeked", "play"]) video.addEventListener(event, updatePosition);
  onVideo(updateMetadata);
}
