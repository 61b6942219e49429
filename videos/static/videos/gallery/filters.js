// The sheet of filters: each choice applies at once, and the numbers beside the choices follow the list.
import { results } from "./results.js";

const sheet = document.getElementById("filters");

function isOpen() {
  return sheet.matches(":popover-open");
}

// Counted only for somebody who looks at the numbers.
function count() {
  const facets = document.getElementById("facets");
  const address = `${sheet.dataset.counts}${results().dataset.url}`;
  facets.toggleAttribute("aria-busy", facets.dataset.url !== results().dataset.url);
  return window.htmx.ajax("GET", address, { source: facets, target: "#facets", swap: "outerHTML" });
}

function toggled(event) {
  const button = document.getElementById("open-filters");
  if (event.newState === "open") {
    count();
    return;
  }
  if (document.activeElement === document.body || sheet.contains(document.activeElement)) button?.focus();
}

// The place in the sheet stays while its parts are replaced; what was typed and sent is a choice now.
let scrolled = 0;

function before(event) {
  if (event.detail.target?.id === "facets") scrolled = sheet.scrollTop;
}

function after(event) {
  if (event.detail.target?.id === "facets") sheet.scrollTop = scrolled;
}

if (sheet) {
  sheet.addEventListener("toggle", toggled);
  document.addEventListener("gallery:shown", () => isOpen() && count());
  document.addEventListener("htmx:beforeSwap", before);
  document.addEventListener("htmx:afterSwap", after);
}
