// Refreshes the worker's progress on the library page.
const INTERVAL_MILLISECONDS = 2000;

const progress = document.getElementById("progress");
const status = document.getElementById("progress-status");
const changed = document.getElementById("changed");
const initialCounts = new Map(counts());
// Files that are queued for a retry: once the worker has finished another run, the list below is out of date.
const hasQueued = document.querySelector(".is-queued") !== null;
const initialRun = lastRun();
let timer = 0;

// The counts of the lists below: when one changes, its list is out of date.
function counts() {
  return [...progress.querySelectorAll("[data-list-count]")].map((count) => [count.dataset.listCount, count.dataset.value ?? count.textContent]);
}

function lastRun() {
  return progress.querySelector("[data-kind=look] time")?.dateTime;
}

function areListsOutdated() {
  const hasCountChanged = counts().some(([name, count]) => initialCounts.has(name) && initialCounts.get(name) !== count);
  return hasCountChanged || (hasQueued && (lastRun() ?? initialRun) !== initialRun);
}

// Screen readers announce what starts and ends, not the numbers: these change every two seconds.
function announcement() {
  return [...progress.querySelectorAll("[data-status]")].map((part) => part.dataset.status).join(". ");
}

async function refresh() {
  const response = await fetch(progress.dataset.url).catch(() => null);
  // A redirect leads to the login page. The page has a link to it, so polling stops.
  if (response?.redirected) return;
  if (response?.ok) show(await response.text());
  schedule();
}

function show(html) {
  const before = announcement();
  progress.innerHTML = html;
  if (announcement() !== before) status.textContent = announcement();
  changed.hidden = !areListsOutdated();
}

function schedule() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(refresh, INTERVAL_MILLISECONDS);
}

document.getElementById("refresh").hidden = true;
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : refresh()));
schedule();
