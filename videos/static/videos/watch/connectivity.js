// Shows when playback stops because the server is offline or the user is logged out, and resumes when it is back.
import { onVideo, play, video } from "./player.js";

const RETRY_MILLISECONDS = 4000;
// When the network is down, a request may never fail by itself.
const TIMEOUT_MILLISECONDS = 8000;
let timer = 0;

// Whether the last request failed because the server was offline or the user was logged out.
export let isDisconnected = false;

function show(isOffline, isLoggedOut) {
  document.getElementById("server-offline").hidden = !isOffline;
  document.getElementById("logged-out").hidden = !isLoggedOut;
}

// Buffered video plays to its end first.
function isStalled() {
  return Boolean(video.error) || video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
}

// Takes a response, or null when there was none, and returns whether the server is available to this user.
export function handleResponse(response) {
  const isOffline = !response || response.status >= 500;
  // A redirect leads to the login page.
  const isLoggedOut = response?.status === 401 || response?.type === "opaqueredirect";
  isDisconnected = isOffline || isLoggedOut;
  show(isOffline && isStalled(), isLoggedOut && isStalled());
  return !isDisconnected;
}

// The same for a request that saves something. A full disk is no reason to stop playback.
export function handleSaveResponse(response) {
  const isSaveRefused = response?.status === 503 && response.headers.has("Retry-After");
  return !isSaveRefused && handleResponse(response);
}

export function requestTimeout() {
  return AbortSignal.timeout(TIMEOUT_MILLISECONDS);
}

// Requests the video and returns whether the server responds; keeps retrying while it does not.
export async function checkConnection() {
  const [url] = video.src.split("#");
  const isConnected = handleResponse(await fetch(url, { method: "HEAD", redirect: "manual", signal: requestTimeout() }).catch(() => null));
  clearTimeout(timer);
  if (!isConnected) timer = setTimeout(retry, RETRY_MILLISECONDS);
  return isConnected;
}

async function retry() {
  // Without an error the browser retries by itself.
  if (!(await checkConnection()) || !video.error) return;
  const seconds = video.currentTime;
  video.addEventListener("loadedmetadata", () => (video.currentTime = seconds), { once: true });
  video.load();
  play();
}

function reset() {
  clearTimeout(timer);
  isDisconnected = false;
  show(false, false);
}

onVideo(reset);
video.addEventListener("playing", reset);
video.addEventListener("waiting", () => {
  clearTimeout(timer);
  timer = setTimeout(checkConnection, RETRY_MILLISECONDS);
});
