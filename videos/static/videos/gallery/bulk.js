// Bulk edit: sends the change, shows a toast with Undo, and refreshes the list without losing the scroll position.
import { isSaveError } from "../shared/save_errors.js";
import { results, show } from "./results.js";
import { end, lastCard, selectedIds, show as showSelection } from "./selection.js";

const TOAST_MILLISECONDS = 10_000;
// After a change all loaded pages are fetched again; with more than this, only the visible one.
const MAX_PAGES = 8;

let timer = 0;

// The container of the toast. It is missing while the library is empty.
function container() {
  return document.getElementById("undo");
}

function message(name) {
  return document.getElementById("bulk-error").dataset[name];
}

// Returns { html }, or { problem } with a message; after a problem the selection is kept.
// Callers read the URL by getAttribute("action"): a button named "action" hides the form's own property.
// keepalive lets the request finish when the page is closed. Browsers limit it to 64 KB, and a selection can be larger.
async function post(url, body) {
  const options = { method: "POST", body: new URLSearchParams(body), headers: { "HX-Request": "true" } };
  options.keepalive = options.body.toString().length < 50_000;
  const response = await fetch(url, options).catch(() => null);
  if (!response) return { problem: message("offline") };
  if ([400, 413].includes(response.status) || isSaveError(response)) return { problem: await response.text() };
  // The session has expired: opening the page again leads to the login page.
  if (response.redirected || [401, 403].includes(response.status)) return { problem: message("outdated") };
  return response.ok ? { html: await response.text() } : { problem: message("failed") };
}

// All ids in one field: Django limits the number of fields in a form.
function formData(form, button) {
  const body = new FormData(form, button);
  body.delete("video");
  if (!body.has("all")) body.set("videos", selectedIds().join(","));
  return body;
}

function setBusy(form, isBusy) {
  markBusy(form, isBusy);
  if (!isBusy) return showSelection();
  const count = form.querySelector(".bulk-count");
  count.textContent = count.dataset.busy;
  form.querySelector("fieldset").disabled = true;
}

function markBusy(form, isBusy) {
  if (isBusy) form.setAttribute("aria-busy", "true");
  else form.removeAttribute("aria-busy");
}

async function change(form, button) {
  if (form.hasAttribute("aria-busy")) return;
  const body = formData(form, button);
  // If the response is lost, the change may still have been made: after a reload the page offers Undo for it.
  document.cookie = "undoable=1; max-age=600; path=/; samesite=lax";
  setBusy(form, true);
  const answer = await post(form.getAttribute("action"), body);
  setBusy(form, false);
  if (answer.problem) {
    showError(answer.problem);
    if (button?.isConnected) button.focus();
    return;
  }
  if (form.isConnected) end();
  showToast(answer.html);
  await refresh();
}

async function undo(form) {
  if (form.hasAttribute("aria-busy")) return;
  clearTimeout(timer);
  markBusy(form, true);
  const answer = await post(form.getAttribute("action"), new FormData(form));
  markBusy(form, false);
  if (answer.problem) return showError(answer.problem);
  end();
  showToast(answer.html);
  await refresh();
}

function dismiss(form) {
  post(form.getAttribute("action"), new FormData(form));
  close();
}

function close() {
  clearTimeout(timer);
  const hadFocus = container().contains(document.activeElement);
  container().replaceChildren();
  if (hadFocus) restoreFocus();
}

function showToast(html) {
  container().replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  startTimer();
}

function showError(text) {
  const toast = document.getElementById("bulk-error").content.cloneNode(true);
  toast.querySelector("p").textContent = text;
  clearTimeout(timer);
  container().replaceChildren(toast);
}

// The heart on a card has no room for a message, so its errors are shown in a toast.
function onHeartError(event) {
  const { elt, xhr } = event.detail;
  if (!elt.matches(".card-heart")) return;
  if (event.type !== "htmx:responseError") showError(message("offline"));
  else if (isSaveError(xhr)) showError(xhr.responseText);
  else showError(message([401, 403].includes(xhr.status) ? "outdated" : "failed"));
}

// Errors stay until they are dismissed, and a toast stays while it has the pointer or the focus.
function startTimer() {
  clearTimeout(timer);
  const toast = container()?.querySelector(".is-toast:not(.is-error)");
  if (toast && !toast.matches(":hover, :focus-within")) timer = setTimeout(close, TOAST_MILLISECONDS);
}

function restoreFocus() {
  if (document.activeElement !== document.body) return;
  (lastCard() ?? document.getElementById("content")).focus({ preventScroll: true });
}

let latestRefresh = 0;

// Reloads all pages of the list that were loaded, and keeps the first visible card where it is.
async function refresh() {
  const refreshId = (latestRefresh += 1);
  const old = results();
  const shown = [...old.querySelectorAll("[data-page]")].map((card) => card.dataset.page);
  const current = new URLSearchParams(location.search).get("page") ?? shown[0];
  const pages = shown.length > MAX_PAGES || !shown.length ? [current ?? "1"] : shown;
  const parts = await Promise.all(pages.map((page, index) => fetchPage(old, page, index ? "next-page" : "results")));
  // A newer search or change has replaced the list in the meantime: drop this response.
  if (results() !== old || refreshId !== latestRefresh) return;
  if (parts.includes(null)) return show(pageUrl(old, pages[0]), { "X-Back": "1" });
  const fresh = joinPages(parts);
  keepSelection(fresh);
  const anchor = [...old.querySelectorAll(".card")].find((card) => card.getBoundingClientRect().bottom > 120);
  const top = anchor?.getBoundingClientRect().top;
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  const newAnchor = anchor && document.getElementById(anchor.id);
  if (newAnchor) window.scrollBy(0, newAnchor.getBoundingClientRect().top - top);
  document.dispatchEvent(new CustomEvent("gallery:shown"));
  restoreFocus();
}

// The user may already have selected more videos.
function keepSelection(fresh) {
  const ids = new Set(selectedIds());
  for (const box of fresh.querySelectorAll(".select")) box.checked = ids.has(box.value);
  const [before, after] = [document.getElementById("selecting"), fresh.querySelector("#selecting")];
  if (before && after) after.open = before.open;
}

function pageUrl(list, page) {
  const url = new URL(list.dataset.url, location.href);
  url.searchParams.set("page", page);
  return url.pathname + url.search;
}

async function fetchPage(list, page, target) {
  const headers = { "HX-Request": "true", "HX-Target": target };
  const response = await fetch(pageUrl(list, page), { headers }).catch(() => null);
  if (!response?.ok || response.redirected) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

function joinPages([first, ...others]) {
  const fresh = first.querySelector("#results");
  for (const page of others) {
    const next = fresh.querySelector("#next-page");
    // The list has fewer pages now.
    if (!next) break;
    next.replaceWith(...page.childNodes);
  }
  return fresh;
}

function onSubmit(event) {
  const { target: form, submitter } = event;
  if (form.id === "bulk") change(form, submitter);
  else if (form.matches("[data-undo]")) undo(form);
  else if (form.matches("[data-dismiss]")) dismiss(form);
  else return;
  event.preventDefault();
}

function onKeydown(event) {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "z";
  const form = container()?.querySelector("[data-undo]");
  if (!isUndo || !form || event.target.closest?.("input:not([type=checkbox]), textarea")) return;
  event.preventDefault();
  form.requestSubmit();
}

function onClick(event) {
  if (event.target.closest("#undo [data-close]")) close();
}

document.addEventListener("submit", onSubmit);
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, onHeartError);
document.addEventListener("keydown", onKeydown);
document.addEventListener("click", onClick);
// After the event, when :hover and :focus-within are up to date.
for (const name of ["pointerover", "pointerout", "focusin", "focusout"]) {
  document.addEventListener(name, (event) => event.target.closest?.("#undo") && setTimeout(startTimer));
}
