// Says so where the browser cannot play the file, instead of leaving a dead player.
const player = document.querySelector("video.player");
const note = document.getElementById("unplayable");

function say() {
  note.hidden = false;
}

player?.addEventListener("error", say);
// The error may have come before this script.
if (player?.error) say();
