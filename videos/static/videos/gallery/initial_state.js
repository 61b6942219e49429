// Before anything is drawn: what would else jump when the page's scripts begin.
try {
  document.documentElement.dataset.density = JSON.parse(localStorage.getItem("density") ?? '"grid"');
} catch {
  // A browser that keeps nothing for pages shows the grid.
}
document.documentElement.classList.add("has-script");
