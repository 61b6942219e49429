// Links to moments, of chapters and markers, seek in the player instead of loading the page, and show which one plays.
import { onVideo, play, player, seek, video } from "./player.js";

function links() {
  return [...document.querySelectorAll(".moments a[data-seconds]")];
}

function follow(event) {
  const link = event.target.closest(".moments a[data-seconds]");
  // With a key held the link opens elsewhere, as any other does.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  seek(Number(link.dataset.seconds));
  play();
}

function mark() {
  const chapters = [...document.querySelectorAll(".chapters a[data-seconds]")];
  const current = chapters.findLast((link) => Number(link.dataset.seconds) <= video.currentTime + 0.01);
  for (const link of links()) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  const place = document.getElementById("current-chapter");
  const title = current?.lastElementChild.textContent ?? "";
  if (place.textContent !== title) place.textContent = title;
}

if (player) {
  document.addEventListener("click", follow);
  for (const event of ["timeupdate", "seeked"]) video.addEventListener(event, mark);
  onVideo(mark);
}
