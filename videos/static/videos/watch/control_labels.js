// media-chrome names its controls in English. On a page in another language what it writes is put into the page's
// words, which the page holds in a <template>: one element for each English phrase.
import { player } from "./player.js";

const NAMES = ["aria-label", "aria-valuetext"];
const template = document.getElementById("player-words");
const words = new Map([...template.content.children].map((each) => [each.dataset.says, each.textContent]));
const phrases = [...words.keys()].sort((one, other) => other.length - one.length);
const known = new RegExp(`\\b(${phrases.join("|")})\\b`, "gi");

// Of the page's own elements and of the titles of chapters nothing is changed.
function isOfPlayer(element) {
  if (element.localName === "media-preview-chapter-display") return false;
  return element.localName.startsWith("media-") || element.getRootNode() !== document;
}

function put(element, name) {
  if (!isOfPlayer(element)) return;
  const said = element.getAttribute(name);
  if (said === null) return;
  const wanted = said.replace(known, (phrase) => words.get(phrase.toLowerCase()));
  if (wanted !== said) element.setAttribute(name, wanted);
}

const observer = new MutationObserver((changes) => {
  for (const { target, attributeName } of changes) put(target, attributeName);
});

function watch(root) {
  observer.observe(root, { attributes: true, attributeFilter: NAMES, subtree: true });
  for (const element of root.querySelectorAll("*")) {
    for (const name of NAMES) put(element, name);
    // Sliders are in the shadow of their elements.
    if (element.shadowRoot && element.localName.startsWith("media-")) watch(element.shadowRoot);
  }
}

put(player, "aria-label");
watch(player.parentElement);
