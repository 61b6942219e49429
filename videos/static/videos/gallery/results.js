// Searching, filtering and sorting replace only the results; the URL always matches what is shown.
const SKELETON_AFTER_MILLISECONDS = 150;

export const results = () => document.getElementById("results");

let skeletonTimer = 0;
let requestedPath = null;

function isForResults(event) {
  return event.detail.target?.id === "results";
}

// Typing a search adds one history entry, not one for each letter.
function isTyped(config) {
  return config?.elt?.id === "search" && config.triggeringEvent?.type === "input";
}

function onRequest(event) {
  if (!isForResults(event)) return;
  requestedPath = event.detail.pathInfo.finalRequestPath;
  clearTimeout(skeletonTimer);
  skeletonTimer = setTimeout(() => results()?.classList.add("is-loading"), SKELETON_AFTER_MILLISECONDS);
}

function hideSkeleton() {
  clearTimeout(skeletonTimer);
  results()?.classList.remove("is-loading");
}

function onResults(event) {
  if (!isForResults(event)) return;
  hideSkeleton();
  document.querySelector(".load-error")?.remove();
  const { url, title } = results().dataset;
  const typing = isTyped(event.detail.requestConfig);
  const path = `${location.pathname}${url === "?" ? "" : url}`;
  if (!event.detail.requestConfig.headers["X-Back"] && path !== location.pathname + location.search) {
    if (typing && history.state?.typed) history.replaceState({ typed: true }, "", path);
    else history.pushState({ typed: typing }, "", path);
    if (!typing) scrollToTop();
  }
  shownPath = location.pathname + location.search;
  document.title = title;
  markCurrentNav();
  document.getElementById("results-status").textContent = results().querySelector(".count").textContent;
  document.dispatchEvent(new CustomEvent("gallery:shown"));
}

// Marks the navigation entry of the page that is shown.
function markCurrentNav() {
  for (const entry of document.querySelectorAll(".rail [data-nav]")) {
    if (entry.dataset.nav === results().dataset.nav) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  }
}

function scrollToTop() {
  if (window.scrollY > results().offsetTop) window.scrollTo({ top: 0 });
}

function onError(event) {
  if (!isForResults(event)) return;
  hideSkeleton();
  if (document.querySelector(".load-error")) return;
  const message = document.getElementById("load-error").content.cloneNode(true);
  message.querySelector("[data-retry]").addEventListener("click", () => show(requestedPath, {}));
  results().before(message);
}

export function show(path, headers) {
  return window.htmx.ajax("GET", path, { target: "#results", swap: "outerHTML", headers });
}

// The path whose results are shown. Back changes the location first, then the results follow.
let shownPath = location.pathname + location.search;

async function onBack() {
  if (location.pathname + location.search === shownPath && location.hash) return;
  const field = document.querySelector("#search [name=q]");
  if (field) field.value = new URLSearchParams(location.search).get("q") ?? "";
  await show(location.pathname + location.search, { "X-Back": "1" });
  document.dispatchEvent(new CustomEvent("gallery:back"));
}

// A filter or a link may have changed the search: show it in the search field.
function syncSearchField(event) {
  if (!isForResults(event) || event.detail.requestConfig.elt.id === "search") return;
  const field = document.querySelector("#search [name=q]");
  if (field) field.value = new URLSearchParams(results().dataset.url).get("q") ?? "";
}

document.addEventListener("htmx:beforeRequest", onRequest);
document.addEventListener("htmx:afterSwap", onResults);
document.addEventListener("htmx:afterSwap", syncSearchField);
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, onError);
window.addEventListener("popstate", onBack);
