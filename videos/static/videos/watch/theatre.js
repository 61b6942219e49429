// The wide layout, in which the player fills the window.
import { remember } from "../shared/storage.js";

const button = document.getElementById("theatre");

function isWide() {
  return document.documentElement.classList.contains("is-theatre");
}

export function toggleTheatre() {
  document.documentElement.classList.toggle("is-theatre");
  remember("theatre", isWide());
  button.setAttribute("aria-pressed", String(isWide()));
  // The player is on the top of the page then, and is what one wants to see.
  if (isWide()) window.scrollTo({ top: 0 });
}

button.addEventListener("click", toggleTheatre);
button.setAttribute("aria-pressed", String(isWide()));
