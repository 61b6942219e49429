// A chapter's link seeks in the player instead of loading the page again, and the list shows which chapter plays.
const player = document.querySelector("video.player");
const links = [...document.querySelectorAll(".chapters a")];

function seek(event) {
  const link = event.target.closest("a");
  // With a key held the link opens elsewhere, as any other does.
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  player.currentTime = Number(link.dataset.seconds);
  // Where the browser wants to be asked for playing, the player stands at the chapter and waits.
  player.play().catch(() => {});
}

function mark() {
  const current = links.findLast((link) => Number(link.dataset.seconds) <= player.currentTime + 0.01);
  for (const link of links) {
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

if (player) {
  document.querySelector(".chapters").addEventListener("click", seek);
  for (const event of ["timeupdate", "seeked"]) player.addEventListener(event, mark);
}
