// Copies the address of the video, or of the moment that plays.
import { clock, player, say, video, words } from "./player.js";

function now() {
  return player && video ? Math.floor(video.currentTime) : 0;
}

// Only pages over TLS, or from this computer, may use the clipboard; for all others there is the old way.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "unseen";
  document.body.append(field);
  field.select();
  const isDone = document.execCommand("copy");
  field.remove();
  if (!isDone) throw new Error("the browser copies nothing");
}

async function press(event) {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const address = button.dataset.copies + ("at" in button.dataset ? `?t=${now()}` : "");
  button.closest("details").open = false;
  try {
    await copy(address);
    if (player) say(words("copied"));
  } catch {
    window.prompt("", address);
  }
}

document.addEventListener("click", press);
document.addEventListener("toggle", (event) => {
  const place = event.target.id === "page-menu" && event.target.querySelector("[data-now]");
  if (place) place.textContent = clock(now());
}, true);
