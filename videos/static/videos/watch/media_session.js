// The keys of the keyboard, the headset and the lock screen.
import { onVideo, player, seek, video } from "./player.js";
import { goNext, goPrevious } from "./up_next.js";

const session = navigator.mediaSession;
const SECONDS = 10;

function act(action, handler) {
  try {
    session.setActionHandler(action, handler);
  } catch {
    // Not known to this browser.
  }
}

function describe() {
  const { title, list, cover } = player.dataset;
  const artwork = cover ? [{ src: new URL(cover, location.href).href, type: "image/webp", sizes: "480x270" }] : [];
  session.metadata = new MediaMetadata({ title, album: list ?? "", artwork });
  act("nexttrack", document.getElementById("next").hidden ? null : goNext);
  act("previoustrack", document.getElementById("previous").hidden ? null : goPrevious);
}

function position() {
  if (!Number.isFinite(video.duration) || !session.setPositionState) return;
  session.setPositionState({
    duration: video.duration,
    playbackRate: video.playbackRate,
    position: Math.min(video.currentTime, video.duration),
  });
}

if (session) {
  act("play", () => video.play());
  act("pause", () => video.pause());
  act("seekbackward", ({ seekOffset }) => seek(video.currentTime - (seekOffset ?? SECONDS)));
  act("seekforward", ({ seekOffset }) => seek(video.currentTime + (seekOffset ?? SECONDS)));
  act("seekto", ({ seekTime }) => seek(seekTime));
  for (const event of ["durationchange", "ratechange", "seeked", "play"]) video.addEventListener(event, position);
  onVideo(describe);
}
