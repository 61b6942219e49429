// Polls for new videos and thumbnails while the worker is still adding them, and updates the grid without a reload.
const EMPTY_LIBRARY_MILLISECONDS = 1000;
const GRID_MILLISECONDS = 3000;

const main = document.getElementById("content");
let timer = 0;

function indicator() {
  return main.querySelector("[data-poll-url]");
}

async function poll() {
  const response = await fetch(indicator().dataset.pollUrl).catch(() => null);
  // A redirect leads to the login page. The page has a link to it, so polling stops.
  if (response?.redirected) return;
  if (response?.ok) update(new DOMParser().parseFromString(await response.text(), "text/html").getElementById("content"));
  schedule();
}

function update(fresh) {
  const grid = main.querySelector(".grid");
  const freshGrid = fresh.querySelector(".grid");
  // The first videos have arrived: the page with a grid loads more scripts.
  if (freshGrid && !grid) return location.reload();
  if (!freshGrid) return main.replaceChildren(...fresh.childNodes);
  main.querySelector(".count").textContent = fresh.querySelector(".count").textContent;
  const pending = fresh.querySelector("[data-poll-url]");
  if (pending) indicator().textContent = pending.textContent;
  else finish(indicator());
  merge(grid, [...freshGrid.children]);
}

// While the user reads the grid, the indicator is only hidden: removing it would shift the layout.
function finish(element) {
  if (!isReading()) return element.remove();
  element.removeAttribute("data-poll-url");
  element.classList.add("is-done");
}

function isReading() {
  return window.scrollY >= 100 || main.querySelector(".grid").contains(document.activeElement);
}

// Existing cards keep their element, and so the focus; only their cover is replaced. Once the user has scrolled, cards
// are neither added nor removed.
function merge(grid, cards) {
  const shown = new Map([...grid.querySelectorAll(".card")].map((card) => [card.dataset.id, card]));
  const merged = cards.map((card) => {
    // The link to the next page has no id, and so no match.
    const old = shown.get(card.dataset.id);
    if (old) replaceCover(old.querySelector(".cover"), card.querySelector(".cover"));
    return old ?? card;
  });
  if (!isReading()) grid.replaceChildren(...merged);
  window.htmx?.process(grid);
}

function replaceCover(old, fresh) {
  if (old.innerHTML !== fresh.innerHTML) old.replaceWith(fresh);
}

function schedule() {
  clearTimeout(timer);
  if (document.hidden || !indicator()) return;
  // The page of an empty library is cheap to render, so it is polled more often.
  timer = setTimeout(poll, main.querySelector(".grid") ? GRID_MILLISECONDS : EMPTY_LIBRARY_MILLISECONDS);
}

document.addEventListener("visibilitychange", schedule);
schedule();
