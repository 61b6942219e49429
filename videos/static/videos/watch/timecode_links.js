// Timecode links of chapters and markers seek in the player instead of loading the page. The current chapter is marked.
import { onVideo, play, player, seek, video } from "./player.js";

function links() {
  return [...document.querySelectorAll(".timecodes a[data-seconds]")];
}

function onClick(event) {
  const link = event.target.closest(".timecodes a[data-seconds]");
  // With a modifier key the browser opens the link in a new tab or window.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  seek(Number(link.dataset.seconds));
  play();
}

function markCurrent() {
  const chapters = [...document.querySelectorAll(".chapters a[data-seconds]")];
  const current = chapters.findLast((link) => Number(link.dataset.seconds) <= video.currentTime + 0.01);
  for (const link of links()) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const display = document.getElementById("current-chapter");
  const title = current?.lastElementChild.textContent ?? "";
  if (display.textContent !== title) display.textContent = title;
}

if (player) {
  document.addEventListener("click", onClick);
  for (const event of ["timeupdate", "seeked"]) video.addEventListener(event, markCurrent);
  onVideo(markCurrent);
}
