// Draws markers and the looped section on the timeline, and shows a marker's name on hover.
import { duration, onVideo, player, video } from "./player.js";
import { loop } from "./loop.js";

const ticks = document.getElementById("ticks");
const range = document.getElementById("time-range");
const markerName = document.getElementById("preview-marker");
// The distance to a tick at which its name is shown.
const HOVER_PIXELS = 8;

function markers() {
  return [...document.querySelectorAll("[data-marker]")].map((element) => ({
    seconds: Number(element.dataset.seconds),
    name: element.dataset.marker,
  }));
}

function createElement(className, from, to = from) {
  const element = document.createElement("span");
  const total = duration();
  element.className = className;
  element.style.left = `${(100 * from) / total}%`;
  if (to > from) element.style.width = `${(100 * (to - from)) / total}%`;
  return element;
}

function draw() {
  const total = duration();
  if (!Number.isFinite(total)) return ticks.replaceChildren();
  const shown = markers().filter((marker) => marker.seconds <= total);
  const drawn = shown.map((marker) => createElement("tick", marker.seconds));
  if (loop.from !== null) drawn.unshift(createElement("loop-range", loop.from, Math.min(loop.to ?? loop.from, total)));
  ticks.replaceChildren(...drawn);
}

function showMarkerName(event) {
  const box = ticks.getBoundingClientRect();
  const x = event.clientX - box.left;
  const near = markers()
    .map((marker) => ({ ...marker, distance: Math.abs((marker.seconds / duration()) * box.width - x) }))
    .filter((marker) => marker.distance <= HOVER_PIXELS)
    .sort((one, other) => one.distance - other.distance)[0];
  markerName.textContent = near?.name ?? "";
  markerName.hidden = !near;
}

range.addEventListener("pointermove", showMarkerName);
range.addEventListener("pointerleave", () => (markerName.hidden = true));
video.addEventListener("durationchange", draw);
player.addEventListener("loopchange", draw);
document.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === "markers" && draw());
onVideo(draw);
