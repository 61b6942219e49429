// Autocomplete for the tag field: an ARIA combobox whose options htmx loads.
const LIST = "tag-options";

function elements() {
  const field = document.getElementById("tag-field");
  return { field, list: document.getElementById(LIST), form: field?.form };
}

function options() {
  return [...elements().list.querySelectorAll("[role=option]")];
}

function active() {
  return elements().list.querySelector("[aria-selected=true]");
}

function open(isOpen) {
  const { field, list } = elements();
  list.hidden = !isOpen;
  field.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) activate(null);
}

function activate(option) {
  const { field } = elements();
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

// The bulk edit's field takes several tags, which a button then adds or removes.
function takesMultiple() {
  return elements().field.hasAttribute("data-multiple");
}

// Completes the tag after the last comma and keeps those before it.
function complete(name) {
  const { field, form } = elements();
  const before = field.value.slice(0, field.value.lastIndexOf(",") + 1);
  if (takesMultiple()) {
    field.value = `${before}${before && " "}${name}, `;
    return open(false);
  }
  field.value = `${before}${name}`;
  open(false);
  form.requestSubmit();
}

function move(by) {
  const all = options();
  const index = all.indexOf(active());
  const next = index < 0 ? (by > 0 ? 0 : all.length - 1) : index + by;
  activate(all[next] ?? null);
}

function onKeydown(event) {
  if (event.target.id !== "tag-field" || event.isComposing) return;
  const { list } = elements();
  const isOpen = !list.hidden && options().length > 0;
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && isOpen) move(event.key === "ArrowDown" ? 1 : -1);
  else if ((event.key === "Enter" || event.key === "Tab") && isOpen && active()) complete(active().dataset.name);
  else if (event.key === "," && event.target.value.trim() && !takesMultiple()) elements().form.requestSubmit();
  else if (event.key === "Escape" && isOpen) open(false);
  else return;
  event.preventDefault();
}

function setUp() {
  const { field } = elements();
  if (!field || field.role === "combobox") return;
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", LIST);
  field.setAttribute("aria-expanded", "false");
}

document.addEventListener("keydown", onKeydown);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === LIST) open(options().length > 0 && document.activeElement === elements().field);
});
document.addEventListener("input", (event) => {
  if (event.target.id === "tag-field" && !event.target.value.trim()) open(false);
});
// Keep the focus in the field when an option is pressed.
document.addEventListener("pointerdown", (event) => event.target.closest(`#${LIST}`) && event.preventDefault());
document.addEventListener("click", (event) => {
  const option = event.target.closest(`#${LIST} [role=option]`);
  if (option) complete(option.dataset.name);
});
// In the bulk edit the list is between the field and the buttons: closing it would move the button that is being pressed.
document.addEventListener("focusout", (event) => {
  if (event.target.id !== "tag-field") return;
  const staysInPanel = takesMultiple() && (!event.relatedTarget || event.target.parentElement.contains(event.relatedTarget));
  if (!staysInPanel) open(false);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "add-tag") event.target.dataset.submitted = elements().field.value;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { field } = elements();
  // Keep what was typed after the form was sent.
  if (event.target.id !== "add-tag" || !event.detail.successful || !field.value.startsWith(event.target.dataset.submitted)) return;
  field.value = field.value.slice(event.target.dataset.submitted.length);
  open(false);
});
document.addEventListener("htmx:load", setUp);
setUp();
