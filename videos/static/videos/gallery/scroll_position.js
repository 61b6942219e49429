// Keeps the scroll position of an endless list in the URL and the history, so that reload and Back return to it.
const MARGIN_PIXELS = 120;
let timer = 0;

function cards() {
  return [...document.querySelectorAll("#results .card")];
}

// The visible page is the last one that begins in the upper half of the window or above it.
function visiblePage() {
  const started = [...document.querySelectorAll("#results [data-page]")].filter(
    (card) => card.getBoundingClientRect().top <= window.innerHeight / 2,
  );
  return started.at(-1)?.dataset.page;
}

function visibleCard() {
  return cards().find((card) => card.getBoundingClientRect().bottom > MARGIN_PIXELS);
}

function save() {
  timer = 0;
  const page = visiblePage();
  const card = visibleCard();
  if (!page || !card) return;
  const url = new URL(location.href);
  const before = document.querySelector("#results [rel=prev]");
  if (page === "1" && !before) url.searchParams.delete("page");
  else url.searchParams.set("page", page);
  // The fragment no longer matches the position.
  url.hash = "";
  const position = { card: card.id, top: Math.round(card.getBoundingClientRect().top) };
  history.replaceState({ ...history.state, ...position, typed: false }, "", url);
}

function onScroll() {
  if (!timer) timer = setTimeout(save, 150);
}

function restore() {
  const { card, top } = history.state ?? {};
  const element = card && document.getElementById(card);
  if (element) window.scrollBy(0, element.getBoundingClientRect().top - top);
}

history.scrollRestoration = "manual";
restore();
// htmx loads the next page when its link scrolls into view. If that fails, the link still works.
document.addEventListener("scroll", onScroll, { passive: true });
document.addEventListener("gallery:back", restore);
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => {
    const next = event.detail.elt.closest("#next-page");
    const alert = next?.querySelector("[role=alert]");
    if (alert) alert.textContent = alert.dataset.failed;
    next?.classList.add("is-failed");
  });
}
