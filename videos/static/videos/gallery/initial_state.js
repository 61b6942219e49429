// Sets what affects the layout before the first paint, so that nothing moves when the modules load.
try {
  document.documentElement.dataset.density = JSON.parse(localStorage.getItem("density") ?? '"grid"');
} catch {
  // Storage is blocked: show the grid.
}
document.documentElement.classList.add("has-script");
