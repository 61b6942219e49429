// Before anything is drawn: what would else jump when the page's scripts begin.
try {
  if (localStorage.getItem("theatre") === "true") document.documentElement.classList.add("is-theatre");
} catch {
  // A browser that keeps nothing for pages shows the usual layout.
}
document.documentElement.classList.add("has-script");
