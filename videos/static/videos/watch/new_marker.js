// Adds a marker at the current time. The time is taken when the form opens; the name can be typed later.
import { formatTime, onVideo, player, showStatus, video } from "./player.js";

function form() {
  return document.getElementById("new-marker");
}

// To a tenth of a second, so that two markers can be in the same second.
function timecode() {
  const tenths = Math.floor(video.currentTime * 10) / 10;
  return `${formatTime(tenths)}${Number.isInteger(tenths) ? "" : (tenths % 1).toFixed(1).slice(1)}`;
}

function fill(fields) {
  fields.elements.at.value = timecode();
  fields.elements.name.value = "";
  fields.elements.name.placeholder = formatTime(video.currentTime);
  fields.elements.name.focus();
}

export function addMarker() {
  form().hidden = false;
  fill(form());
}

function close() {
  form().hidden = true;
  player.focus({ preventScroll: true });
}

// The form above the list of markers is filled in when it opens.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".add-marker") && event.target.open) fill(event.target.querySelector("form"));
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== form() || !event.detail.successful) return;
  showStatus(form().elements.name.value || form().elements.at.value);
  close();
});
document.addEventListener("click", (event) => event.target.closest("#new-marker [data-close-details]") && close());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || form().hidden || !form().contains(event.target)) return;
  // Do not leave full screen as well.
  event.preventDefault();
  event.stopPropagation();
  close();
});
onVideo(() => (form().hidden = true));
