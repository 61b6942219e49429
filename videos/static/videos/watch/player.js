// The player that the other modules share, and word of another video in it.
export const player = document.getElementById("player");
export const video = player?.querySelector("video");

const SAID_MILLISECONDS = 1400;
const listeners = [];
let silence = 0;

// Calls the listener now, and again whenever another video has taken this one's place on the page.
export function onVideo(listener) {
  listeners.push(listener);
  listener();
}

export function tellOfVideo() {
  for (const listener of listeners) listener();
}

// Shows a few words over the picture for a moment: what a key has done.
export function say(words) {
  const place = document.getElementById("said");
  place.textContent = words;
  clearTimeout(silence);
  silence = setTimeout(() => (place.textContent = ""), SAID_MILLISECONDS);
}

// The end of the video, as the player knows it or as the library does.
export function duration() {
  return Number.isFinite(video.duration) ? video.duration : Number(player.getAttribute("defaultduration")) || Infinity;
}

export function seek(seconds) {
  video.currentTime = Math.max(0, Math.min(seconds, duration()));
}

export function play() {
  // Where the browser wants to be asked for playing, the player stands there and waits.
  return video.play().catch(() => {});
}

// media-chrome does it, and keeps what is to be remembered.
export function request(name, detail) {
  player.dispatchEvent(new CustomEvent(`media${name}request`, { bubbles: true, composed: true, detail }));
}

export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

// The words of the page, from its own HTML, so that they can be translated there.
export function words(name, values = {}) {
  const text = document.getElementById("watch").dataset[name];
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// Until media-chrome stands, and where it does not come, the browser's own controls are there.
if (player) customElements.whenDefined("media-controller").then(() => video.removeAttribute("controls"));
