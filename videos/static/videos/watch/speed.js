// How fast it plays, for the videos of this sitting.
import { onVideo, say, video } from "./player.js";
import { recall, remember } from "../shared/storage.js";

const items = [...document.querySelectorAll("#speed-menu [data-rate]")];
const rates = items.map((item) => Number(item.dataset.rate));
const shown = document.getElementById("speed-now");

function written(rate) {
  return `${rate}×`;
}

function setRate(rate) {
  // A new source begins at the default one.
  video.defaultPlaybackRate = video.playbackRate = rate;
  remember("speed", rate, "sessionStorage");
}

export function changeSpeed(direction) {
  const now = video.playbackRate;
  const next = direction > 0 ? rates.find((rate) => rate > now + 0.001) : rates.findLast((rate) => rate < now - 0.001);
  setRate(next ?? now);
  say(written(next ?? now));
}

function mark() {
  shown.textContent = written(video.playbackRate);
  items.forEach((item, index) => item.setAttribute("aria-checked", String(rates[index] === video.playbackRate)));
}

items.forEach((item, index) => item.addEventListener("click", () => setRate(rates[index])));
video.addEventListener("ratechange", mark);
onVideo(() => {
  const kept = recall("speed", 1, "sessionStorage");
  setRate(rates.includes(kept) ? kept : 1);
  mark();
});
