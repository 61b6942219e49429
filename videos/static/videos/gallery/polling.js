// Takes over what is new on this page of the gallery while videos, or their pictures, are still to come.
const FIRST_MILLISECONDS = 1000;
const EVERY_MILLISECONDS = 3000;

const main = document.getElementById("content");
let timer = 0;

async function refresh() {
  const awaited = main.querySelector("[data-awaits]");
  const response = await fetch(awaited.dataset.awaits).catch(() => null);
  // Somewhere else than asked for: the login. A link shows the way there.
  if (response?.redirected) return;
  if (response?.ok) show(new DOMParser().parseFromString(await response.text(), "text/html").getElementById("content"));
  plan();
}

function show(fresh) {
  const grid = main.querySelector(".grid");
  const freshGrid = fresh.querySelector(".grid");
  // The first videos: the page that shows them has scripts of its own.
  if (freshGrid && !grid) return location.reload();
  if (!freshGrid) return main.replaceChildren(...fresh.childNodes);
  main.querySelector(".count").textContent = fresh.querySelector(".count").textContent;
  const awaited = fresh.querySelector("[data-awaits]");
  if (awaited) main.querySelector("[data-awaits]").textContent = awaited.textContent;
  else end(main.querySelector("[data-awaits]"));
  merge(grid, [...freshGrid.children]);
}

// Below it nothing moves while somebody reads there.
function end(awaited) {
  if (!isRead()) return awaited.remove();
  awaited.removeAttribute("data-awaits");
  awaited.classList.add("is-over");
}

function isRead() {
  return window.scrollY >= 100 || main.querySelector(".grid").contains(document.activeElement);
}

// A card stays where it is, and so does the focus in it: it gets its new cover. Nothing comes and goes under the eyes of
// somebody who has scrolled.
function merge(grid, cards) {
  const shown = new Map([...grid.querySelectorAll(".card")].map((card) => [card.dataset.id, card]));
  const merged = cards.map((card) => {
    // The link to the next page is no card.
    const old = shown.get(card.dataset.id);
    if (old) takeCover(old.querySelector(".cover"), card.querySelector(".cover"));
    return old ?? card;
  });
  if (!isRead()) grid.replaceChildren(...merged);
  window.htmx?.process(grid);
}

function takeCover(old, fresh) {
  if (old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
}

function plan() {
  clearTimeout(timer);
  if (document.hidden || !main.querySelector("[data-awaits]")) return;
  // Before there is any video, the page costs nothing.
  timer = setTimeout(refresh, main.querySelector(".grid") ? EVERY_MILLISECONDS : FIRST_MILLISECONDS);
}

document.addEventListener("visibilitychange", plan);
plan();
