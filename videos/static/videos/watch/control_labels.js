// Translates media-chrome's English labels. The page has the translations in a <template>, one element per phrase.
import { player } from "./player.js";

const ATTRIBUTES = ["aria-label", "aria-valuetext"];
const template = document.getElementById("control-labels");
const translations = new Map([...template.content.children].map((element) => [element.dataset.phrase, element.textContent]));
const phrases = [...translations.keys()].sort((one, other) => other.length - one.length);
const pattern = new RegExp(`\\b(${phrases.join("|")})\\b`, "gi");

// The page's own elements and the chapter titles are left alone.
function isOfPlayer(element) {
  if (element.localName === "media-preview-chapter-display") return false;
  return element.localName.startsWith("media-") || element.getRootNode() !== document;
}

function translate(element, name) {
  if (!isOfPlayer(element)) return;
  const label = element.getAttribute(name);
  if (label === null) return;
  const translated = label.replace(pattern, (phrase) => translations.get(phrase.toLowerCase()));
  if (translated !== label) element.setAttribute(name, translated);
}

const observer = new MutationObserver((changes) => {
  for (const { target, attributeName } of changes) translate(target, attributeName);
});

function observe(root) {
  observer.observe(root, { attributes: true, attributeFilter: ATTRIBUTES, subtree: true });
  for (const element of root.querySelectorAll("*")) {
    for (const name of ATTRIBUTES) translate(element, name);
    // Sliders are in the shadow root.
    if (element.shadowRoot && element.localName.startsWith("media-")) observe(element.shadowRoot);
  }
}

translate(player, "aria-label");
observe(player.parentElement);
