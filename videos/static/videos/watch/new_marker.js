// Sets a marker while one watches: the moment is taken when it is asked for, the name can come later.
import { clock, onVideo, player, say, video } from "./player.js";

function form() {
  return document.getElementById("new-marker");
}

// To a tenth, so that two in one second are two.
function moment() {
  const tenths = Math.floor(video.currentTime * 10) / 10;
  return `${clock(tenths)}${Number.isInteger(tenths) ? "" : (tenths % 1).toFixed(1).slice(1)}`;
}

function fill(fields) {
  fields.elements.at.value = moment();
  fields.elements.name.value = "";
  fields.elements.name.placeholder = clock(video.currentTime);
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

// The one in the list: its details are opened, and the moment is the one that plays.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.(".add-marker") && event.target.open) fill(event.target.querySelector("form"));
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target !== form() || !event.detail.successful) return;
  say(form().elements.name.value || form().elements.at.value);
  close();
});
document.addEventListener("click", (event) => event.target.closest("#new-marker [data-closes]") && close());
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || form().hidden || !form().contains(event.target)) return;
  // Not the full screen, too.
  event.preventDefault();
  event.stopPropagation();
  close();
});
onVideo(() => (form().hidden = true));
