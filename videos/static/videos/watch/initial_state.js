// Sets what affects the layout before the first paint, so that nothing moves when the modules load.
try {
  if (localStorage.getItem("theatre") === "true") document.documentElement.classList.add("is-theatre");
} catch {
  // Storage is blocked: show the default layout.
}
document.documentElement.classList.add("has-script");
