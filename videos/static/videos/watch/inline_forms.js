// Forms that htmx submits: errors are shown beside the control, input is kept, and so is the focus.
import { isSaveError } from "../shared/save_errors.js";
import { message } from "./player.js";

let submitter = null;

function errorOf(element) {
  return (element.closest("form") ?? element).querySelector(".form-error");
}

function clearError(event) {
  const element = errorOf(event.detail.elt);
  if (!element || isSuggestion(event)) return;
  element.hidden = true;
  element.replaceChildren();
}

// Suggestions are optional: their errors are not shown.
function isSuggestion(event) {
  return event.detail.elt.localName === "input";
}

function showError(event, text, canRetry) {
  const form = event.detail.elt.closest("form");
  const element = form && errorOf(form);
  if (!element || isSuggestion(event)) return;
  element.replaceChildren(text);
  if (canRetry) {
    const retry = document.createElement("button");
    const button = submitter?.form === form ? submitter : null;
    retry.type = "button";
    retry.className = "quiet";
    retry.textContent = message("retry");
    // Click the button that was used: htmx sends its value only after a click.
    retry.addEventListener("click", () => (button ? button.click() : form.requestSubmit()));
    element.append(" ", retry);
  }
  element.hidden = false;
}

function onResponseError(event) {
  const { status, responseText } = event.detail.xhr;
  if (status === 400) showError(event, responseText, false);
  else if (isSaveError(event.detail.xhr)) showError(event, responseText, true);
  else if (status === 403) showError(event, message("outdated"), false);
  else showError(event, message("failed"), true);
}

// If the focused element was replaced, move the focus to the element next to it.
function restoreFocus(event) {
  const target = event.detail.target;
  if (document.activeElement !== document.body || !submitter?.matches("#tags button, #markers button")) return;
  const fresh = document.getElementById(target.id);
  fresh?.querySelector("#undo-marker, #undo-tag, .chip-pair button, .add-marker summary")?.focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => (submitter = event.submitter), true);
document.addEventListener("htmx:beforeRequest", clearError);
document.addEventListener("htmx:responseError", onResponseError);
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => showError(event, message("offline"), true));
}
// The window title follows the title of the video.
function updateWindowTitle(event) {
  if (event.detail.target.id !== "title") return;
  document.title = `${document.querySelector(".watch-title").textContent} · ${document.title.split(" · ").at(-1)}`;
}

document.addEventListener("htmx:afterSettle", restoreFocus);
document.addEventListener("htmx:afterSettle", updateWindowTitle);
