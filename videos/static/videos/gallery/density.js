// The density of the grid, stored in this browser.
import { getItem, setItem } from "../shared/storage.js";

const root = document.documentElement;

function showChoice() {
  for (const group of document.querySelectorAll(".densities")) group.hidden = false;
  for (const button of document.querySelectorAll("button[data-density]")) {
    button.setAttribute("aria-pressed", String(button.dataset.density === root.dataset.density));
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-density]");
  if (!button) return;
  root.dataset.density = button.dataset.density;
  setItem("density", button.dataset.density);
  showChoice();
});
document.addEventListener("gallery:shown", showChoice);
root.dataset.density = getItem("density", "grid");
showChoice();
