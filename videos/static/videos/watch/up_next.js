// Next and previous without leaving full screen: the page of the other video is fetched, and takes this one's place.
import { onVideo, play, player, tellOfVideo, video } from "./player.js";
import { leave } from "./resume.js";
import { loop } from "./loop.js";
import { isChosen, showChoices } from "./menus.js";

const SECONDS = 5;
let timer = 0;
let isGoing = false;

function link(id) {
  const found = document.getElementById(id);
  return found && !found.hidden ? found.href : undefined;
}

// --- another video in this one's place

function swapVideo(fresh) {
  const { player: theirs, video: other } = fresh;
  for (const { name } of [...player.attributes]) if (name.startsWith("data-")) player.removeAttribute(name);
  for (const { name, value } of theirs.attributes) if (name.startsWith("data-")) player.setAttribute(name, value);
  const seconds = theirs.getAttribute("defaultduration");
  if (seconds) player.setAttribute("defaultduration", seconds);
  else player.removeAttribute("defaultduration");
  video.replaceChildren(...[...other.children].map((child) => document.importNode(child, true)));
  for (const name of ["poster", "width", "height", "src"]) {
    const value = other.getAttribute(name);
    if (value === null) video.removeAttribute(name);
    else video.setAttribute(name, value);
  }
  // media-chrome looks for chapters when it first meets the video; these come later.
  const chapters = video.querySelector("track[kind=chapters]");
  chapters?.addEventListener("load", () => video.textTracks.dispatchEvent(new Event("change")));
}

function swapParts(page) {
  for (const old of document.querySelectorAll("[data-swap]")) {
    const fresh = document.importNode(page.getElementById(old.id), true);
    old.replaceWith(fresh);
    window.htmx.process(fresh);
  }
}

async function fetched(url) {
  const response = await fetch(url).catch(() => null);
  // Somewhere else than asked for: the login. And what has no player, or is gone, is a page of its own.
  if (!response?.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const theirs = page.getElementById("player");
  return theirs && { page, player: theirs, video: theirs.querySelector("video") };
}

export async function go(url, { push = true, at_once = true } = {}) {
  if (isGoing) return;
  isGoing = true;
  stopCounting();
  leave();
  const fresh = await fetched(url);
  isGoing = false;
  if (!fresh) return location.assign(url);
  if (push) history.pushState(null, "", url);
  document.title = fresh.page.title;
  swapParts(fresh.page);
  swapVideo(fresh);
  tellOfVideo();
  showChoices();
  if (at_once) play();
}

export function goNext() {
  if (link("next")) go(link("next"));
}

export function goPrevious() {
  if (link("previous")) go(link("previous"));
}

// --- at the end of a video

function card() {
  return document.getElementById("up-next-card");
}

function stopCounting() {
  clearInterval(timer);
  card().hidden = true;
}

function offerNext() {
  if (!link("next") || (loop.from !== null && loop.to !== null)) return;
  const text = document.getElementById("countdown");
  card().hidden = false;
  if (!isChosen("autoplay")) return (text.textContent = text.dataset.waiting);
  let left = SECONDS;
  const show = () => (text.textContent = text.dataset.text.replace("{seconds}", left));
  show();
  clearInterval(timer);
  timer = setInterval(() => (--left > 0 ? show() : goNext()), 1000);
  document.getElementById("play-next").focus({ preventScroll: true });
}

function click(event) {
  const to = event.target.closest("#next, #previous, #play-next");
  if (event.target.closest("#cancel-next")) {
    stopCounting();
    player.focus({ preventScroll: true });
  } else if (to && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go(to.href);
  }
}

let shown = location.pathname;
document.addEventListener("click", click);
document.addEventListener("keydown", (event) => event.key === "Escape" && !card().hidden && stopCounting());
video.addEventListener("ended", offerNext);
for (const event of ["play", "seeking"]) video.addEventListener(event, stopCounting);
window.addEventListener("popstate", () => {
  if (location.pathname !== shown) go(location.href, { push: false, at_once: !video.paused });
});
onVideo(() => (shown = location.pathname));
if (isChosen("at-once")) play();
