// The player that all modules share, and notifications when another video is loaded into it.
export const player = document.getElementById("player");
export const video = player?.querySelector("video");

const STATUS_MILLISECONDS = 1400;
const listeners = [];
let statusTimer = 0;

// Calls the listener now, and again whenever another video replaces this one on the page.
export function onVideo(listener) {
  listeners.push(listener);
  listener();
}

export function notifyVideoChange() {
  for (const listener of listeners) listener();
}

// Briefly shows a text over the video, for example what a shortcut did.
export function showStatus(text) {
  const element = document.getElementById("player-status");
  element.textContent = text;
  clearTimeout(statusTimer);
  statusTimer = setTimeout(() => (element.textContent = ""), STATUS_MILLISECONDS);
}

// The duration from the player or, before the metadata is loaded, from the library.
export function duration() {
  return Number.isFinite(video.duration) ? video.duration : Number(player.getAttribute("defaultduration")) || Infinity;
}

export function seek(seconds) {
  video.currentTime = Math.max(0, Math.min(seconds, duration()));
}

export function play() {
  // The browser may block autoplay: the player then stays paused.
  return video.play().catch(() => {});
}

// media-chrome carries out the request, and stores settings such as the volume.
export function request(name, detail) {
  player.dispatchEvent(new CustomEvent(`media${name}request`, { bubbles: true, composed: true, detail }));
}

// Formats seconds as 1:23:45.
export function formatTime(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}

// A translated text from the page's HTML, with its placeholders filled in.
export function message(name, values = {}) {
  const text = document.getElementById("watch").dataset[name];
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// The browser's own controls are shown until media-chrome has loaded, and when it fails to load.
if (player) customElements.whenDefined("media-controller").then(() => video.removeAttribute("controls"));
