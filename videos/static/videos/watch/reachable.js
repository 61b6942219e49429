// Says so where there is no more of the film because the server is away or the login has ended, and not the file's fault.
import { onVideo, video } from "./player.js";

const WAITED_MILLISECONDS = 4000;
let wait = 0;

// Whether the server was away, or asked for a login, when it was last asked for anything.
export let isCutOff = false;

function show(name, isTrue) {
  document.getElementById(name).hidden = !isTrue;
}

// Takes an answer of the server, or null for none, and returns whether it is one of a server that is there for us.
export function heard(response) {
  const isAway = !response || response.status >= 500;
  // A redirect leads to the login, which a script is not to follow.
  const isLoggedOut = response?.status === 401 || response?.type === "opaqueredirect";
  show("away", isAway);
  show("logged-out", isLoggedOut);
  isCutOff = isAway || isLoggedOut;
  return !isCutOff;
}

// Asks for the film, and returns whether the server gives it, or says that it has none.
export async function isReachable() {
  const [url] = video.src.split("#");
  return heard(await fetch(url, { method: "HEAD", redirect: "manual" }).catch(() => null));
}

function stopWaiting() {
  clearTimeout(wait);
}

onVideo(stopWaiting);
video.addEventListener("waiting", () => {
  stopWaiting();
  wait = setTimeout(isReachable, WAITED_MILLISECONDS);
});
video.addEventListener("playing", () => {
  stopWaiting();
  show("away", false);
  show("logged-out", false);
});
