// Double-click toggles full screen; double-tap on a side of the picture skips ten seconds.
import { player, request, seek, showStatus, video } from "./player.js";

const DOUBLE_TAP_MILLISECONDS = 300;
const SKIP_SECONDS = 10;
let lastTap = { time: 0, side: 0 };

export function toggleFullscreen() {
  request(document.fullscreenElement || document.webkitFullscreenElement ? "exitfullscreen" : "enterfullscreen");
}

function isPicture(event) {
  return event.target === player || event.target === video;
}

function onPointerUp(event) {
  if (event.pointerType !== "touch" || !isPicture(event)) return;
  const box = player.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  const side = share < 0.35 ? -1 : share > 0.65 ? 1 : 0;
  if (side && side === lastTap.side && event.timeStamp - lastTap.time < DOUBLE_TAP_MILLISECONDS) {
    seek(video.currentTime + side * SKIP_SECONDS);
    showStatus(side > 0 ? `+${SKIP_SECONDS} s` : `−${SKIP_SECONDS} s`);
  }
  lastTap = { time: event.timeStamp, side };
}

player.addEventListener("pointerup", onPointerUp);
player.addEventListener("dblclick", (event) => {
  if (isPicture(event) && lastTap.side === 0) toggleFullscreen();
});
// After a click on a control the player takes the focus back, so that its shortcuts work.
document.getElementById("controls").addEventListener("click", (event) => {
  if (event.detail > 0 && !event.target.closest("[popover]") && !event.target.closest("[popovertarget]")) player.focus({ preventScroll: true });
});
