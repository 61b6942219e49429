// Playback speed, stored for this session.
import { onVideo, showStatus, video } from "./player.js";
import { getItem, setItem } from "../shared/storage.js";

const items = [...document.querySelectorAll("#speed-menu [data-rate]")];
const rates = items.map((item) => Number(item.dataset.rate));
const display = document.getElementById("speed-now");

function formatRate(rate) {
  return `${rate}×`;
}

function setRate(rate) {
  // A new source starts at the default rate.
  video.defaultPlaybackRate = video.playbackRate = rate;
  setItem("speed", rate, "sessionStorage");
}

export function changeSpeed(direction) {
  const now = video.playbackRate;
  const next = direction > 0 ? rates.find((rate) => rate > now + 0.001) : rates.findLast((rate) => rate < now - 0.001);
  setRate(next ?? now);
  showStatus(formatRate(next ?? now));
}

function showRate() {
  display.textContent = formatRate(video.playbackRate);
  items.forEach((item, index) => item.setAttribute("aria-checked", String(rates[index] === video.playbackRate)));
}

items.forEach((item, index) => item.addEventListener("click", () => setRate(rates[index])));
video.addEventListener("ratechange", showRate);
onVideo(() => {
  const stored = getItem("speed", 1, "sessionStorage");
  setRate(rates.includes(stored) ? stored : 1);
  showRate();
});
