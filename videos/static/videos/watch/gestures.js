// Two clicks fill the screen; two taps on a side of the picture go ten seconds that way.
import { player, request, say, seek, video } from "./player.js";

const DOUBLE_MILLISECONDS = 300;
const SECONDS = 10;
let last = { at: 0, side: 0 };

export function toggleFullscreen() {
  request(document.fullscreenElement || document.webkitFullscreenElement ? "exitfullscreen" : "enterfullscreen");
}

function isPicture(event) {
  return event.target === player || event.target === video;
}

function tap(event) {
  if (event.pointerType !== "touch" || !isPicture(event)) return;
  const box = player.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  const side = share < 0.35 ? -1 : share > 0.65 ? 1 : 0;
  if (side && side === last.side && event.timeStamp - last.at < DOUBLE_MILLISECONDS) {
    seek(video.currentTime + side * SECONDS);
    say(side > 0 ? `+${SECONDS} s` : `−${SECONDS} s`);
  }
  last = { at: event.timeStamp, side };
}

player.addEventListener("pointerup", tap);
player.addEventListener("dblclick", (event) => {
  if (isPicture(event) && last.side === 0) toggleFullscreen();
});
// A control that was clicked must not keep the keys for itself: they are the player's again.
document.getElementById("controls").addEventListener("click", (event) => {
  if (event.detail > 0 && !event.target.closest("[popover]") && !event.target.closest("[popovertarget]")) player.focus({ preventScroll: true });
});
