// The forms that htmx sends: what went wrong stands beside the control, nothing that was typed is lost, and the focus
// stays where it was.
import { isRefusal } from "../shared/save_errors.js";
import { words } from "./player.js";

let pressed = null;

function errorOf(element) {
  return (element.closest("form") ?? element).querySelector(".form-error");
}

function clear(event) {
  const place = errorOf(event.detail.elt);
  if (!place || isSuggestion(event)) return;
  place.hidden = true;
  place.replaceChildren();
}

// Suggestions are a help, not an answer that anybody waits for.
function isSuggestion(event) {
  return event.detail.elt.localName === "input";
}

function show(event, text, canRetry) {
  const form = event.detail.elt.closest("form");
  const place = form && errorOf(form);
  if (!place || isSuggestion(event)) return;
  place.replaceChildren(text);
  if (canRetry) {
    const again = document.createElement("button");
    const submitter = pressed?.form === form ? pressed : null;
    again.type = "button";
    again.className = "quiet";
    again.textContent = words("retry");
    // By the button that was pressed: htmx sends its value only after a click.
    again.addEventListener("click", () => (submitter ? submitter.click() : form.requestSubmit()));
    place.append(" ", again);
  }
  place.hidden = false;
}

function answered(event) {
  const { status, responseText } = event.detail.xhr;
  if (status === 400) show(event, responseText, false);
  else if (isRefusal(event.detail.xhr)) show(event, responseText, true);
  else if (status === 403) show(event, words("outdated"), false);
  else show(event, words("failed"), true);
}

// What had the focus may be gone with the part that was replaced: its neighbour gets it.
function settle(event) {
  const target = event.detail.target;
  if (document.activeElement !== document.body || !pressed?.matches("#tags button, #markers button")) return;
  const fresh = document.getElementById(target.id);
  fresh?.querySelector("#undo-marker, #undo-tag, .chip-pair button, .add-marker summary")?.focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => (pressed = event.submitter), true);
document.addEventListener("htmx:beforeRequest", clear);
document.addEventListener("htmx:responseError", answered);
for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => show(event, words("offline"), true));
}
// The window is called as the video is.
function nameWindow(event) {
  if (event.detail.target.id !== "title") return;
  document.title = `${document.querySelector(".watch-title").textContent} · ${document.title.split(" · ").at(-1)}`;
}

document.addEventListener("htmx:afterSettle", settle);
document.addEventListener("htmx:afterSettle", nameWindow);
