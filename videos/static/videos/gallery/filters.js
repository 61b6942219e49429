// The filter sheet: each choice applies immediately, and the counts beside the choices are kept up to date.
import { results } from "./results.js";

const sheet = document.getElementById("filters");

function isOpen() {
  return sheet.matches(":popover-open");
}

// Counts are loaded only while the sheet is open.
function loadCounts() {
  const facets = document.getElementById("facets");
  const address = `${sheet.dataset.counts}${results().dataset.url}`;
  facets.toggleAttribute("aria-busy", facets.dataset.url !== results().dataset.url);
  return window.htmx.ajax("GET", address, { source: facets, target: "#facets", swap: "outerHTML" });
}

function onToggle(event) {
  const button = document.getElementById("open-filters");
  if (event.newState === "open") {
    loadCounts();
    return;
  }
  if (document.activeElement === document.body || sheet.contains(document.activeElement)) button?.focus();
}

// Keep the scroll position of the sheet while its content is replaced.
let scrollTop = 0;

function saveScroll(event) {
  if (event.detail.target?.id === "facets") scrollTop = sheet.scrollTop;
}

function restoreScroll(event) {
  if (event.detail.target?.id === "facets") sheet.scrollTop = scrollTop;
}

if (sheet) {
  sheet.addEventListener("toggle", onToggle);
  document.addEventListener("gallery:shown", () => isOpen() && loadCounts());
  document.addEventListener("htmx:beforeSwap", saveScroll);
  document.addEventListener("htmx:afterSwap", restoreScroll);
}
