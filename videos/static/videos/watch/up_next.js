// Next and previous without leaving full screen: the other video's page is fetched and swapped into this one.
import { notifyVideoChange, onVideo, play, player, video } from "./player.js";
import { saveBeforeLeaving } from "./resume.js";
import { loop } from "./loop.js";
import { isEnabled, showSettings } from "./menus.js";

const COUNTDOWN_SECONDS = 5;
let timer = 0;
let isLoading = false;

function linkUrl(id) {
  const found = document.getElementById(id);
  return found && !found.hidden ? found.href : undefined;
}

// --- swapping the video

function swapVideo(fresh) {
  const { player: newPlayer, video: newVideo } = fresh;
  for (const { name } of [...player.attributes]) if (name.startsWith("data-")) player.removeAttribute(name);
  for (const { name, value } of newPlayer.attributes) if (name.startsWith("data-")) player.setAttribute(name, value);
  const seconds = newPlayer.getAttribute("defaultduration");
  if (seconds) player.setAttribute("defaultduration", seconds);
  else player.removeAttribute("defaultduration");
  video.replaceChildren(...[...newVideo.children].map((child) => document.importNode(child, true)));
  for (const name of ["poster", "width", "height", "src"]) {
    const value = newVideo.getAttribute(name);
    if (value === null) video.removeAttribute(name);
    else video.setAttribute(name, value);
  }
  // media-chrome reads chapters only once, when it connects to the video; a change event makes it read them again.
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

async function fetchPage(url) {
  const response = await fetch(url).catch(() => null);
  // A redirect leads to the login page. That, an error or a missing file is loaded as a page of its own.
  if (!response?.ok || response.redirected) return null;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const newPlayer = page.getElementById("player");
  return newPlayer && { page, player: newPlayer, video: newPlayer.querySelector("video") };
}

export async function navigate(url, { push = true, autoplay = true } = {}) {
  if (isLoading) return;
  isLoading = true;
  cancelCountdown();
  saveBeforeLeaving();
  const fresh = await fetchPage(url);
  isLoading = false;
  if (!fresh) return location.assign(url);
  if (push) history.pushState(null, "", url);
  document.title = fresh.page.title;
  swapParts(fresh.page);
  swapVideo(fresh);
  notifyVideoChange();
  showSettings();
  if (autoplay) play();
}

export function goNext() {
  if (linkUrl("next")) navigate(linkUrl("next"));
}

export function goPrevious() {
  if (linkUrl("previous")) navigate(linkUrl("previous"));
}

// --- at the end of a video

function card() {
  return document.getElementById("up-next-card");
}

function cancelCountdown() {
  clearInterval(timer);
  card().hidden = true;
}

function offerNext() {
  if (!linkUrl("next") || (loop.from !== null && loop.to !== null)) return;
  const text = document.getElementById("countdown");
  card().hidden = false;
  if (!isEnabled("autoplay")) return (text.textContent = text.dataset.waiting);
  let secondsLeft = COUNTDOWN_SECONDS;
  const show = () => (text.textContent = text.dataset.text.replace("{seconds}", secondsLeft));
  show();
  clearInterval(timer);
  timer = setInterval(() => (--secondsLeft > 0 ? show() : goNext()), 1000);
  document.getElementById("play-next").focus({ preventScroll: true });
}

function onClick(event) {
  const link = event.target.closest("#next, #previous, #play-next");
  if (event.target.closest("#cancel-next")) {
    cancelCountdown();
    player.focus({ preventScroll: true });
  } else if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    navigate(link.href);
  }
}

let shownPath = location.pathname;
document.addEventListener("click", onClick);
document.addEventListener("keydown", (event) => event.key === "Escape" && !card().hidden && cancelCountdown());
video.addEventListener("ended", offerNext);
for (const event of ["play", "seeking"]) video.addEventListener(event, cancelCountdown);
window.addEventListener("popstate", () => {
  if (location.pathname !== shownPath) navigate(location.href, { push: false, autoplay: !video.paused });
});
onVideo(() => (shownPath = location.pathname));
if (isEnabled("at-once")) play();
