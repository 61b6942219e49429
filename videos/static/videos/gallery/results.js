// The list in place: a search, a filter or an order replaces the results alone, and the address says what is shown.
const SKELETON_AFTER_MILLISECONDS = 150;

export const results = () => document.getElementById("results");

let skeleton = 0;
let asked = null;

function isForResults(event) {
  return event.detail.target?.id === "results";
}

// One search is one step to go back, not one for each letter.
function isTyped(config) {
  return config?.elt?.id === "search" && config.triggeringEvent?.type === "input";
}

function begin(event) {
  if (!isForResults(event)) return;
  asked = event.detail.pathInfo.finalRequestPath;
  clearTimeout(skeleton);
  skeleton = setTimeout(() => results()?.classList.add("is-loading"), SKELETON_AFTER_MILLISECONDS);
}

function end() {
  clearTimeout(skeleton);
  results()?.classList.remove("is-loading");
}

function shown(event) {
  if (!isForResults(event)) return;
  end();
  document.querySelector(".trouble")?.remove();
  const { url, title } = results().dataset;
  const typing = isTyped(event.detail.requestConfig);
  const address = `${location.pathname}${url === "?" ? "" : url}`;
  if (!event.detail.requestConfig.headers["X-Back"] && address !== location.pathname + location.search) {
    if (typing && history.state?.typed) history.replaceState({ typed: true }, "", address);
    else history.pushState({ typed: typing }, "", address);
    if (!typing) scrollToTop();
  }
  whole = location.pathname + location.search;
  document.title = title;
  markPlace();
  document.getElementById("said").textContent = results().querySelector(".count").textContent;
  document.dispatchEvent(new CustomEvent("gallery:shown"));
}

// The rail's entry for what is shown now.
function markPlace() {
  for (const entry of document.querySelectorAll(".rail [data-here]")) {
    if (entry.dataset.here === results().dataset.here) entry.setAttribute("aria-current", "page");
    else entry.removeAttribute("aria-current");
  }
}

function scrollToTop() {
  if (window.scrollY > results().offsetTop) window.scrollTo({ top: 0 });
}

function fail(event) {
  if (!isForResults(event)) return;
  end();
  if (document.querySelector(".trouble")) return;
  const trouble = document.getElementById("trouble").content.cloneNode(true);
  trouble.querySelector("[data-retry]").addEventListener("click", () => show(asked, {}));
  results().before(trouble);
}

export function show(address, headers) {
  return window.htmx.ajax("GET", address, { target: "#results", swap: "outerHTML", headers });
}

// The address is already the one that is wanted. A place within the page is the browser's own business.
let whole = location.pathname + location.search;

async function back() {
  if (location.pathname + location.search === whole && location.hash) return;
  const field = document.querySelector("#search [name=q]");
  if (field) field.value = new URLSearchParams(location.search).get("q") ?? "";
  await show(location.pathname + location.search, { "X-Back": "1" });
  document.dispatchEvent(new CustomEvent("gallery:back"));
}

// What is chosen elsewhere than in the field may have changed what is searched for.
function keepField(event) {
  if (!isForResults(event) || event.detail.requestConfig.elt.id === "search") return;
  const field = document.querySelector("#search [name=q]");
  if (field) field.value = new URLSearchParams(results().dataset.url).get("q") ?? "";
}

document.addEventListener("htmx:beforeRequest", begin);
document.addEventListener("htmx:afterSwap", shown);
document.addEventListener("htmx:afterSwap", keepField);
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, fail);
window.addEventListener("popstate", back);
