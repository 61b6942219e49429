// Says so where there is no more of the film because the server is away or the login has ended, and goes on after that.
import { onVideo, play, video } from "./player.js";

const WAITED_MILLISECONDS = 4000;
// A server whose network has gone does not even refuse.
const ANSWERED_MILLISECONDS = 8000;
let wait = 0;

// Whether the server was away, or asked for a login, when it was last asked for anything.
export let isCutOff = false;

function show(isAway, isLoggedOut) {
  document.getElementById("away").hidden = !isAway;
  document.getElementById("logged-out").hidden = !isLoggedOut;
}

// What the browser has fetched ahead is shown to its end.
function goesNoFurther() {
  return Boolean(video.error) || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
}

// Takes an answer of the server, or null for none, and returns whether it is one of a server that is there for us.
export function heard(response) {
  const isAway = !response || response.status >= 500;
  // A redirect leads to the login, which a script is not to follow.
  const isLoggedOut = response?.status === 401 || response?.type === "opaqueredirect";
  isCutOff = isAway || isLoggedOut;
  show(isAway && goesNoFurther(), isLoggedOut && goesNoFurther());
  return !isCutOff;
}

// The same of an answer to something that was to be saved. A disk that is full keeps nobody from watching.
export function heardOfSaving(response) {
  const isRefused = response?.status === 503 && response.headers.has("Retry-After");
  return !isRefused && heard(response);
}

export function untilGivenUp() {
  return AbortSignal.timeout(ANSWERED_MILLISECONDS);
}

// Asks for the film, and returns whether the server gives it, or says that it has none; asks on where it does not.
export async function isReachable() {
  const [url] = video.src.split("#");
  const isThere = heard(await fetch(url, { method: "HEAD", redirect: "manual", signal: untilGivenUp() }).catch(() => null));
  clearTimeout(wait);
  if (!isThere) wait = setTimeout(tryAgain, WAITED_MILLISECONDS);
  return isThere;
}

async function tryAgain() {
  // Without an error the browser asks on by itself.
  if (!(await isReachable()) || !video.error) return;
  const seconds = video.currentTime;
  video.addEventListener("loadedmetadata", () => (video.currentTime = seconds), { once: true });
  video.load();
  play();
}

function goOn() {
  clearTimeout(wait);
  isCutOff = false;
  show(false, false);
}

onVideo(goOn);
video.addEventListener("playing", goOn);
video.addEventListener("waiting", () => {
  clearTimeout(wait);
  wait = setTimeout(isReachable, WAITED_MILLISECONDS);
});
