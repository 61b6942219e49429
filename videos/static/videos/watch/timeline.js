// What stands on the time line beside the chapters: a tick for each marker, and the part that is repeated.
import { duration, onVideo, player, video } from "./player.js";
import { loop } from "./loop.js";

const ticks = document.getElementById("ticks");
const range = document.getElementById("time-range");
const name = document.getElementById("preview-marker");
// How near to a tick the pointer is for its name to be shown.
const NEAR_PIXELS = 8;

function markers() {
  return [...document.querySelectorAll("[data-marker]")].map((element) => ({
    seconds: Number(element.dataset.seconds),
    name: element.dataset.marker,
  }));
}

function place(className, from, to = from) {
  const element = document.createElement("span");
  const whole = duration();
  element.className = className;
  element.style.left = `${(100 * from) / whole}%`;
  if (to > from) element.style.width = `${(100 * (to - from)) / whole}%`;
  return element;
}

function draw() {
  const whole = duration();
  if (!Number.isFinite(whole)) return ticks.replaceChildren();
  const shown = markers().filter((marker) => marker.seconds <= whole);
  const drawn = shown.map((marker) => place("tick", marker.seconds));
  if (loop.from !== null) drawn.unshift(place("repeated", loop.from, Math.min(loop.to ?? loop.from, whole)));
  ticks.replaceChildren(...drawn);
}

function tell(event) {
  const box = ticks.getBoundingClientRect();
  const at = event.clientX - box.left;
  const near = markers()
    .map((marker) => ({ ...marker, distance: Math.abs((marker.seconds / duration()) * box.width - at) }))
    .filter((marker) => marker.distance <= NEAR_PIXELS)
    .sort((one, other) => one.distance - other.distance)[0];
  name.textContent = near?.name ?? "";
  name.hidden = !near;
}

range.addEventListener("pointermove", tell);
range.addEventListener("pointerleave", () => (name.hidden = true));
video.addEventListener("durationchange", draw);
player.addEventListener("loopchange", draw);
document.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === "markers" && draw());
onVideo(draw);
