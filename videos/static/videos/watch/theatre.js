// Theatre mode: the player fills the width of the window.
import { setItem } from "../shared/storage.js";

const button = document.getElementById("theatre");

function isTheatre() {
  return document.documentElement.classList.contains("is-theatre");
}

export function toggleTheatre() {
  document.documentElement.classList.toggle("is-theatre");
  setItem("theatre", isTheatre());
  button.setAttribute("aria-pressed", String(isTheatre()));
  // In theatre mode the player is at the top of the page.
  if (isTheatre()) window.scrollTo({ top: 0 });
}

button.addEventListener("click", toggleTheatre);
button.setAttribute("aria-pressed", String(isTheatre()));
