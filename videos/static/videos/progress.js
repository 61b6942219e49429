// Keeps the library page's account of the work up to date while somebody looks at it.
const EVERY_MILLISECONDS = 2000;

const place = document.getElementById("progress");
const status = document.getElementById("progress-status");
const changed = document.getElementById("changed");
const lists = new Map(listed());
// Files of the lists that are to be tried again: once more has been looked into, they were.
const waits = document.querySelector(".waits") !== null;
const begun = lookedUntil();
let timer = 0;

// The counts that stand for the lists below: where one of them moves, the lists are no longer what they were.
function listed() {
  return [...place.querySelectorAll("[data-listed]")].map((count) => [count.dataset.listed, count.dataset.is ?? count.textContent]);
}

function lookedUntil() {
  return place.querySelector("[data-kind=look] time")?.dateTime;
}

function haveMoved() {
  const hasCounted = listed().some(([name, count]) => lists.has(name) && lists.get(name) !== count);
  return hasCounted || (waits && (lookedUntil() ?? begun) !== begun);
}

// Not the numbers, which change all the time: only what begins and ends is worth being read out.
function told() {
  return [...place.querySelectorAll("[data-status]")].map((part) => part.dataset.status).join(". ");
}

async function refresh() {
  const response = await fetch(place.dataset.url).catch(() => null);
  // Somewhere else than asked for: the login. The link shows the way there.
  if (response?.redirected) return;
  if (response?.ok) show(await response.text());
  plan();
}

function show(html) {
  const before = told();
  place.innerHTML = html;
  if (told() !== before) status.textContent = told();
  changed.hidden = !haveMoved();
}

function plan() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, EVERY_MILLISECONDS);
}

document.getElementById("refresh").hidden = true;
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
plan();
