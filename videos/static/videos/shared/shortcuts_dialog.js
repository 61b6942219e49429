// The list of the keys.
const dialog = document.getElementById("keys");

export function showKeys() {
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

dialog?.addEventListener("click", (event) => {
  // A click beside it closes it.
  if (event.target === dialog) dialog.close();
});
