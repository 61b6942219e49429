// What is done to many videos at once: sent from here, said in a toast, undone from there. The place in the list stays.
import { isRefusal } from "../shared/save_errors.js";
import { results, show } from "./results.js";
import { end, lastCard, selectedIds, show as showSelection } from "./selection.js";

const TOAST_MILLISECONDS = 10_000;
// What was scrolled through is asked for anew; of a longer way only the page that is read.
const MOST_PAGES = 8;

let timer = 0;

// The place of the toast, and of the line that a page begins with. A page that awaits its first videos gets it later.
function place() {
  return document.getElementById("undo");
}

function words(name) {
  return document.getElementById("undo-trouble").dataset[name];
}

// Addresses are asked for by their attribute: a form with a button of that name has another `action`.
// Returns { html }, or { problem }, a sentence. Nothing is lost with it: the selection stays.
// It arrives even where the page is left at once; a browser sends 64 KB so, and a selection may be more.
async function post(address, body) {
  const sent = { method: "POST", body: new URLSearchParams(body), headers: { "HX-Request": "true" } };
  sent.keepalive = sent.body.toString().length < 50_000;
  const response = await fetch(address, sent).catch(() => null);
  if (!response) return { problem: words("offline") };
  if ([400, 413].includes(response.status) || isRefusal(response)) return { problem: await response.text() };
  // Where the session has ended, opening the page again leads to the login.
  if (response.redirected || [401, 403].includes(response.status)) return { problem: words("outdated") };
  return response.ok ? { html: await response.text() } : { problem: words("failed") };
}

// One field for all ids: a form has a limit to how many it takes.
function chosen(form, button) {
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
  const body = chosen(form, button);
  // An answer that does not come may be of something that is done: a reload then tells of it.
  document.cookie = "undoable=1; max-age=600; path=/; samesite=lax";
  setBusy(form, true);
  const answer = await post(form.getAttribute("action"), body);
  setBusy(form, false);
  if (answer.problem) {
    complain(answer.problem);
    if (button?.isConnected) button.focus();
    return;
  }
  if (form.isConnected) end();
  say(answer.html);
  await refresh();
}

async function undo(form) {
  if (form.hasAttribute("aria-busy")) return;
  clearTimeout(timer);
  markBusy(form, true);
  const answer = await post(form.getAttribute("action"), new FormData(form));
  markBusy(form, false);
  if (answer.problem) return complain(answer.problem);
  end();
  say(answer.html);
  await refresh();
}

function dismiss(form) {
  post(form.getAttribute("action"), new FormData(form));
  close();
}

function close() {
  clearTimeout(timer);
  const hadFocus = place().contains(document.activeElement);
  place().replaceChildren();
  if (hadFocus) keepFocus();
}

function say(html) {
  place().replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  wait();
}

function complain(text) {
  const toast = document.getElementById("undo-trouble").content.cloneNode(true);
  toast.querySelector("p").textContent = text;
  clearTimeout(timer);
  place().replaceChildren(toast);
}

// A heart on a card has no place of its own for a sentence.
function heartFailed(event) {
  const { elt, xhr } = event.detail;
  if (!elt.matches(".card-heart")) return;
  if (event.type !== "htmx:responseError") complain(words("offline"));
  else if (isRefusal(xhr)) complain(xhr.responseText);
  else complain(words([401, 403].includes(xhr.status) ? "outdated" : "failed"));
}

// What goes wrong stays until it is read; and nothing goes from under a pointer or the focus.
function wait() {
  clearTimeout(timer);
  const toast = place()?.querySelector(".is-toast:not(.is-trouble)");
  if (toast && !toast.matches(":hover, :focus-within")) timer = setTimeout(close, TOAST_MILLISECONDS);
}

function keepFocus() {
  if (document.activeElement !== document.body) return;
  (lastCard() ?? document.getElementById("content")).focus({ preventScroll: true });
}

let refreshes = 0;

// The same list again, as far as it was scrolled through, with the card that is read where it was.
async function refresh() {
  const mine = (refreshes += 1);
  const old = results();
  const shown = [...old.querySelectorAll("[data-page]")].map((card) => card.dataset.page);
  const read = new URLSearchParams(location.search).get("page") ?? shown[0];
  const pages = shown.length > MOST_PAGES || !shown.length ? [read ?? "1"] : shown;
  const parts = await Promise.all(pages.map((page, number) => part(old, page, number ? "next-page" : "results")));
  // Somebody has searched meanwhile, or changed something more: an older answer must not stand in the newer one's way.
  if (results() !== old || mine !== refreshes) return;
  if (parts.includes(null)) return show(address(old, pages[0]), { "X-Back": "1" });
  const fresh = joined(parts);
  keepSelection(fresh);
  const anchor = [...old.querySelectorAll(".card")].find((card) => card.getBoundingClientRect().bottom > 120);
  const top = anchor?.getBoundingClientRect().top;
  old.replaceWith(fresh);
  window.htmx.process(fresh);
  const again = anchor && document.getElementById(anchor.id);
  if (again) window.scrollBy(0, again.getBoundingClientRect().top - top);
  document.dispatchEvent(new CustomEvent("gallery:shown"));
  keepFocus();
}

// Somebody quick has begun to select again.
function keepSelection(fresh) {
  const ids = new Set(selectedIds());
  for (const box of fresh.querySelectorAll(".select")) box.checked = ids.has(box.value);
  const [before, after] = [document.getElementById("selecting"), fresh.querySelector("#selecting")];
  if (before && after) after.open = before.open;
}

function address(list, page) {
  const whole = new URL(list.dataset.url, location.href);
  whole.searchParams.set("page", page);
  return whole.pathname + whole.search;
}

async function part(list, page, target) {
  const headers = { "HX-Request": "true", "HX-Target": target };
  const response = await fetch(address(list, page), { headers }).catch(() => null);
  if (!response?.ok || response.redirected) return null;
  return new DOMParser().parseFromString(await response.text(), "text/html").body;
}

function joined([first, ...further]) {
  const fresh = first.querySelector("#results");
  for (const page of further) {
    const next = fresh.querySelector("#next-page");
    // The list has become shorter.
    if (!next) break;
    next.replaceWith(...page.childNodes);
  }
  return fresh;
}

function submitted(event) {
  const { target: form, submitter } = event;
  if (form.id === "bulk") change(form, submitter);
  else if (form.matches("[data-undo]")) undo(form);
  else if (form.matches("[data-dismiss]")) dismiss(form);
  else return;
  event.preventDefault();
}

function key(event) {
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key === "z";
  const form = place()?.querySelector("[data-undo]");
  if (!isUndo || !form || event.target.closest?.("input:not([type=checkbox]), textarea")) return;
  event.preventDefault();
  form.requestSubmit();
}

function pressed(event) {
  if (event.target.closest("#undo [data-close]")) close();
}

document.addEventListener("submit", submitted);
for (const name of ["htmx:responseError", "htmx:sendError", "htmx:timeout"]) document.addEventListener(name, heartFailed);
document.addEventListener("keydown", key);
document.addEventListener("click", pressed);
// Once the pointer, or the focus, is where it goes.
for (const name of ["pointerover", "pointerout", "focusin", "focusout"]) {
  document.addEventListener(name, (event) => event.target.closest?.("#undo") && setTimeout(wait));
}
