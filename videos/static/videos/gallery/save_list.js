// A list that is saved gets a name: the field for it has the focus as soon as it shows.
document.addEventListener(
  "toggle",
  (event) => {
    if (event.target.matches?.("details.save-list[open]")) event.target.querySelector("[name=name]").focus();
  },
  true,
);
