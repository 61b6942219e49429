// Focuses the name field when “Save as list” opens.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.("details.save-list[open]")) event.target.querySelector("[name=name]").focus();
  },
  true,
);
