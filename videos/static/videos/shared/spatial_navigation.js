// Spatial navigation: moves the focus to the nearest element in the direction of an arrow key, as on a TV remote.
const FOCUSABLE =
  "a[href], button, input:not([type=hidden]), summary, select, textarea, [tabindex='0'], media-time-range, media-volume-range";

const DIRECTIONS = {
  ArrowLeft: { forward: (from, to) => from.left - to.right, crossAxis: "y" },
  ArrowRight: { forward: (from, to) => to.left - from.right, crossAxis: "y" },
  ArrowUp: { forward: (from, to) => from.top - to.bottom, crossAxis: "x" },
  ArrowDown: { forward: (from, to) => to.top - from.bottom, crossAxis: "x" },
};
// At the same distance an element straight ahead wins over one to the side.
const CROSS_AXIS_WEIGHT = 2.5;

function gap(from, to, axis) {
  const [low, high] = axis === "x" ? ["left", "right"] : ["top", "bottom"];
  return Math.max(0, to[low] - from[high], from[low] - to[high]);
}

function distance(from, to, { forward, crossAxis }) {
  const ahead = forward(from, to);
  // Allow a few pixels of overlap: focus rings and margins touch.
  if (ahead < -4) return Infinity;
  return Math.max(0, ahead) + CROSS_AXIS_WEIGHT * gap(from, to, crossAxis);
}

export function moveFocus(element, key) {
  const direction = DIRECTIONS[key];
  const from = element.getBoundingClientRect();
  let best = null;
  let shortest = Infinity;
  for (const candidate of document.querySelectorAll(FOCUSABLE)) {
    if (candidate === element || candidate.contains(element) || !candidate.checkVisibility({ visibilityProperty: true })) continue;
    const away = distance(from, candidate.getBoundingClientRect(), direction);
    if (away < shortest) [best, shortest] = [candidate, away];
  }
  // media-chrome's ranges do not take the focus; the slider inside them does.
  (best?.range ?? best)?.focus({ focusVisible: true });
  return best !== null;
}
