// Where one is in a long list: the address names the page of it, so that a reload, or going back, returns there.
const MARGIN_PIXELS = 120;
let waiting = 0;

function cards() {
  return [...document.querySelectorAll("#results .card")];
}

// The pages stand one below the other: the one that begins last above the upper part of the window is the one read.
function pageShown() {
  const begun = [...document.querySelectorAll("#results [data-page]")].filter(
    (card) => card.getBoundingClientRect().top <= window.innerHeight / 2,
  );
  return begun.at(-1)?.dataset.page;
}

function cardShown() {
  return cards().find((card) => card.getBoundingClientRect().bottom > MARGIN_PIXELS);
}

function keep() {
  waiting = 0;
  const page = pageShown();
  const card = cardShown();
  if (!page || !card) return;
  const address = new URL(location.href);
  const before = document.querySelector("#results [rel=prev]");
  if (page === "1" && !before) address.searchParams.delete("page");
  else address.searchParams.set("page", page);
  // What it pointed at is not where one is any more.
  address.hash = "";
  const place = { card: card.id, top: Math.round(card.getBoundingClientRect().top) };
  history.replaceState({ ...history.state, ...place, typed: false }, "", address);
}

function scrolled() {
  if (!waiting) waiting = setTimeout(keep, 150);
}

function restore() {
  const { card, top } = history.state ?? {};
  const element = card && document.getElementById(card);
  if (element) window.scrollBy(0, element.getBoundingClientRect().top - top);
}

history.scrollRestoration = "manual";
restore();
// htmx follows with the next page when it comes into sight; where that failed, its link is still a link.
document.addEventListener("scroll", scrolled, { passive: true });
document.addEventListener("gallery:back", restore);
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => {
    const next = event.detail.elt.closest("#next-page");
    const alert = next?.querySelector("[role=alert]");
    if (alert) alert.textContent = alert.dataset.failed;
    next?.classList.add("is-failed");
  });
}
