// A-B repeat: loops a section of the video.
import { formatTime, message, onVideo, player, seek, showStatus, video } from "./player.js";

const button = document.getElementById("loop");
// The shortest section that can be looped.
const MIN_SECONDS = 0.2;

export const loop = { from: null, to: null };
let frameRequest = 0;

function isSet() {
  return loop.from !== null && loop.to !== null;
}

function update() {
  button.hidden = loop.from === null && loop.to === null;
  const [from, to] = [loop.from === null ? "" : formatTime(loop.from), loop.to === null ? "" : formatTime(loop.to)];
  button.textContent = `${from || "…"}–${to || "…"}`;
  button.setAttribute("aria-label", `${message("loop", { from, to })}. ${button.title}`);
  player.dispatchEvent(new CustomEvent("loopchange"));
  watch();
}

export function loopFrom() {
  loop.from = video.currentTime;
  if (loop.to !== null && loop.to < loop.from + MIN_SECONDS) loop.to = null;
  update();
  showStatus(button.textContent);
}

export function loopTo() {
  loop.from ??= 0;
  if (video.currentTime < loop.from + MIN_SECONDS) return;
  loop.to = video.currentTime;
  update();
  showStatus(button.textContent);
}

export function stopLoop() {
  if (loop.from === null && loop.to === null) return;
  loop.from = loop.to = null;
  update();
}

function jumpBack() {
  if (isSet() && video.currentTime >= loop.to) seek(loop.from);
}

// Checked on every frame: `timeupdate` fires only four times a second, too rarely for a short section.
function watch() {
  cancelAnimationFrame(frameRequest);
  if (!isSet() || video.paused) return;
  jumpBack();
  frameRequest = requestAnimationFrame(watch);
}

button.addEventListener("click", stopLoop);
video.addEventListener("play", watch);
// A background tab gets no animation frames.
video.addEventListener("timeupdate", jumpBack);
video.addEventListener("ended", () => {
  if (!isSet()) return;
  seek(loop.from);
  video.play().catch(() => {});
});
onVideo(() => {
  loop.from = loop.to = null;
  update();
});
