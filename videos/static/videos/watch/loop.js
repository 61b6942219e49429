// Repeats a part of the video, from A to B.
import { clock, onVideo, player, say, seek, video, words } from "./player.js";

const button = document.getElementById("loop");
// Shorter than this nothing can be seen of it.
const LEAST_SECONDS = 0.2;

export const loop = { from: null, to: null };
let waiting = 0;

function isSet() {
  return loop.from !== null && loop.to !== null;
}

function changed() {
  button.hidden = loop.from === null && loop.to === null;
  const [from, to] = [loop.from === null ? "" : clock(loop.from), loop.to === null ? "" : clock(loop.to)];
  button.textContent = `${from || "…"}–${to || "…"}`;
  button.setAttribute("aria-label", `${words("loop", { from, to })}. ${button.title}`);
  player.dispatchEvent(new CustomEvent("loopchange"));
  watch();
}

export function loopFrom() {
  loop.from = video.currentTime;
  if (loop.to !== null && loop.to < loop.from + LEAST_SECONDS) loop.to = null;
  changed();
  say(button.textContent);
}

export function loopTo() {
  loop.from ??= 0;
  if (video.currentTime < loop.from + LEAST_SECONDS) return;
  loop.to = video.currentTime;
  changed();
  say(button.textContent);
}

export function stopLoop() {
  if (loop.from === null && loop.to === null) return;
  loop.from = loop.to = null;
  changed();
}

function turn() {
  if (isSet() && video.currentTime >= loop.to) seek(loop.from);
}

// Frame by frame while it plays: the browser tells of the time four times a second only, which a short part would miss.
function watch() {
  cancelAnimationFrame(waiting);
  if (!isSet() || video.paused) return;
  turn();
  waiting = requestAnimationFrame(watch);
}

button.addEventListener("click", stopLoop);
video.addEventListener("play", watch);
// In a window in the background no frames are drawn.
video.addEventListener("timeupdate", turn);
video.addEventListener("ended", () => {
  if (!isSet()) return;
  seek(loop.from);
  video.play().catch(() => {});
});
onVideo(() => {
  loop.from = loop.to = null;
  changed();
});
