// The dialog that lists the keyboard shortcuts.
const dialog = document.getElementById("keys");

export function toggleShortcuts() {
  if (dialog.open) dialog.close();
  else dialog.showModal();
}

dialog?.addEventListener("click", (event) => {
  // The dialog itself is the target only of clicks on its backdrop.
  if (event.target === dialog) dialog.close();
});
