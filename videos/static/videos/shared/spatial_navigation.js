// Moves the focus to the nearest thing in a direction: for a remote control that has arrows and nothing else.
const FOCUSABLE =
  "a[href], button, input:not([type=hidden]), summary, select, textarea, [tabindex='0'], media-time-range, media-volume-range";

const DIRECTIONS = {
  ArrowLeft: { forward: (from, to) => from.left - to.right, aside: "y" },
  ArrowRight: { forward: (from, to) => to.left - from.right, aside: "y" },
  ArrowUp: { forward: (from, to) => from.top - to.bottom, aside: "x" },
  ArrowDown: { forward: (from, to) => to.top - from.bottom, aside: "x" },
};
// Something straight ahead is nearer than something aside at the same distance.
const ASIDE_WEIGHT = 2.5;

function gap(from, to, axis) {
  const [low, high] = axis === "x" ? ["left", "right"] : ["top", "bottom"];
  return Math.max(0, to[low] - from[high], from[low] - to[high]);
}

function distance(from, to, { forward, aside }) {
  const ahead = forward(from, to);
  // A little overlap is allowed: rings and margins touch.
  if (ahead < -4) return Infinity;
  return Math.max(0, ahead) + ASIDE_WEIGHT * gap(from, to, aside);
}

export function moveFocus(element, key) {
  const direction = DIRECTIONS[key];
  const from = element.getBoundingClientRect();
  let best = null;
  let least = Infinity;
  for (const candidate of document.querySelectorAll(FOCUSABLE)) {
    if (candidate === element || candidate.contains(element) || !candidate.checkVisibility({ visibilityProperty: true })) continue;
    const away = distance(from, candidate.getBoundingClientRect(), direction);
    if (away < least) [best, least] = [candidate, away];
  }
  // media-chrome's ranges are not focused themselves: the slider inside is.
  (best?.range ?? best)?.focus({ focusVisible: true });
  return best !== null;
}
