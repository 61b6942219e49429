// Copies a link to the video, optionally at the current time.
import { formatTime, message, player, showStatus, video } from "./player.js";

function currentSeconds() {
  return player && video ? Math.floor(video.currentTime) : 0;
}

// navigator.clipboard needs HTTPS or localhost; execCommand works without.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error("execCommand failed");
}

async function onClick(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const url = button.dataset.copy + ("withTime" in button.dataset ? `?t=${currentSeconds()}` : "");
  button.closest("details").open = false;
  try {
    await copy(url);
    if (player) showStatus(message("copied"));
  } catch {
    window.prompt("", url);
  }
}

document.addEventListener("click", onClick);
document.addEventListener("toggle", (event) => {
  const time = event.target.id === "page-menu" && event.target.querySelector("[data-current-time]");
  if (time) time.textContent = formatTime(currentSeconds());
}, true);
