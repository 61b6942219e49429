// The field for tags completes what is typed: a combobox as ARIA describes it, filled by htmx.
const LIST = "tag-options";

function parts() {
  const field = document.getElementById("tag-field");
  return { field, list: document.getElementById(LIST), form: field?.form };
}

function options() {
  return [...parts().list.querySelectorAll("[role=option]")];
}

function active() {
  return parts().list.querySelector("[aria-selected=true]");
}

function open(isOpen) {
  const { field, list } = parts();
  list.hidden = !isOpen;
  field.setAttribute("aria-expanded", String(isOpen));
  if (!isOpen) activate(null);
}

function activate(option) {
  const { field } = parts();
  for (const each of options()) each.setAttribute("aria-selected", String(each === option));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else field.removeAttribute("aria-activedescendant");
}

// A field that gathers tags leaves it to a button what is done with them.
function gathers() {
  return parts().field.hasAttribute("data-gathers");
}

// What stands before the last comma waits for its own turn; nothing of it is lost.
function complete(name) {
  const { field, form } = parts();
  const before = field.value.slice(0, field.value.lastIndexOf(",") + 1);
  if (gathers()) {
    field.value = `${before}${before && " "}${name}, `;
    return open(false);
  }
  field.value = `${before}${name}`;
  open(false);
  form.requestSubmit();
}

function move(by) {
  const all = options();
  const at = all.indexOf(active());
  const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
  activate(all[to] ?? null);
}

function key(event) {
  if (event.target.id !== "tag-field" || event.isComposing) return;
  const { list } = parts();
  const isOpen = !list.hidden && options().length > 0;
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && isOpen) move(event.key === "ArrowDown" ? 1 : -1);
  else if ((event.key === "Enter" || event.key === "Tab") && isOpen && active()) complete(active().dataset.name);
  else if (event.key === "," && event.target.value.trim() && !gathers()) parts().form.requestSubmit();
  else if (event.key === "Escape" && isOpen) open(false);
  else return;
  event.preventDefault();
}

function prepare() {
  const { field } = parts();
  if (!field || field.role === "combobox") return;
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-controls", LIST);
  field.setAttribute("aria-expanded", "false");
}

document.addEventListener("keydown", key);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === LIST) open(options().length > 0 && document.activeElement === parts().field);
});
document.addEventListener("input", (event) => {
  if (event.target.id === "tag-field" && !event.target.value.trim()) open(false);
});
// A press on an option must not take the focus from the field.
document.addEventListener("pointerdown", (event) => event.target.closest(`#${LIST}`) && event.preventDefault());
document.addEventListener("click", (event) => {
  const option = event.target.closest(`#${LIST} [role=option]`);
  if (option) complete(option.dataset.name);
});
// Where the list stands between the field and its buttons, closing it would move the button away from the pointer.
document.addEventListener("focusout", (event) => {
  if (event.target.id !== "tag-field") return;
  const isNear = gathers() && (!event.relatedTarget || event.target.parentElement.contains(event.relatedTarget));
  if (!isNear) open(false);
});
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id === "add-tag") event.target.dataset.sent = parts().field.value;
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { field } = parts();
  // What has been typed since stays.
  if (event.target.id !== "add-tag" || !event.detail.successful || !field.value.startsWith(event.target.dataset.sent)) return;
  field.value = field.value.slice(event.target.dataset.sent.length);
  open(false);
});
document.addEventListener("htmx:load", prepare);
prepare();
