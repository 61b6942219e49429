// Hover preview: moving the pointer across a cover scrubs through the video's sprite sheet. On touch screens a long press
// starts it.
const LONG_PRESS_MILLISECONDS = 350;
const HOVER_MILLISECONDS = 80;
const MOVED_PIXELS = 10;

const sprites = new Map();
let current = null;
let timer = 0;
let touch = null;

// The sprite sheet and its tiles, cached by URL; null for a video without a duration, which has no sprite.
function spriteOf(cover) {
  const picture = cover.querySelector(".picture");
  if (!picture || !cover.querySelector(".is-duration")) return null;
  const url = picture.src.replace("/cover.webp", "/sprite.vtt");
  if (!sprites.has(url)) sprites.set(url, load(url));
  return sprites.get(url);
}

async function load(url) {
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return null;
  const tiles = [...(await response.text()).matchAll(/^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)];
  if (!tiles.length) return null;
  const image = new Image();
  image.src = new URL(tiles[0][1], url).href;
  const isLoaded = await image.decode().then(() => true, () => false);
  return isLoaded ? { image, tiles: tiles.map((tile) => tile.slice(2).map(Number)) } : null;
}

async function start(cover, x) {
  if (current?.cover === cover) return;
  stop();
  const preview = { cover, x };
  current = preview;
  const sprite = await spriteOf(cover);
  if (current !== preview || !sprite) return;
  preview.sprite = sprite;
  preview.picture = document.createElement("span");
  preview.picture.className = "preview";
  preview.picture.style.backgroundImage = `url("${sprite.image.src}")`;
  preview.bar = document.createElement("span");
  preview.bar.className = "preview-bar";
  cover.querySelector(".badges").before(preview.picture, preview.bar);
  draw(preview);
}

function draw({ cover, x, sprite, picture, bar }) {
  if (!sprite) return;
  const box = cover.getBoundingClientRect();
  const share = Math.min(Math.max((x - box.left) / box.width, 0), 0.999);
  const [left, top, width, height] = sprite.tiles[Math.floor(share * sprite.tiles.length)];
  const scale = Math.max(box.width / width, box.height / height);
  const { image } = sprite;
  picture.style.backgroundSize = `${image.naturalWidth * scale}px ${image.naturalHeight * scale}px`;
  picture.style.backgroundPosition = `${(box.width - width * scale) / 2 - left * scale}px ${(box.height - height * scale) / 2 - top * scale}px`;
  bar.style.width = `${share * 100}%`;
}

function move(x) {
  if (!current) return;
  current.x = x;
  draw(current);
}

function stop() {
  clearTimeout(timer);
  current?.picture?.remove();
  current?.bar?.remove();
  current = null;
}

function coverAt(event) {
  return event.target.closest?.(".card")?.querySelector(".cover") ?? null;
}

function onPointerOver(event) {
  if (event.pointerType !== "mouse") return;
  const cover = event.target.closest?.(".card-link")?.querySelector(".cover");
  if (!cover || current?.cover === cover) return;
  clearTimeout(timer);
  timer = setTimeout(() => start(cover, event.clientX), HOVER_MILLISECONDS);
}

function onPointerOut(event) {
  if (event.pointerType !== "mouse") return;
  const card = event.target.closest?.(".card");
  if (card && !card.contains(event.relatedTarget)) stop();
}

function onTouchStart(event) {
  const cover = event.touches.length === 1 ? coverAt(event) : null;
  if (!cover) return;
  const { clientX, clientY } = event.touches[0];
  touch = { x: clientX, y: clientY, isPreview: false };
  timer = setTimeout(() => {
    touch.isPreview = true;
    start(cover, clientX);
  }, LONG_PRESS_MILLISECONDS);
}

function onTouchMove(event) {
  if (!touch) return;
  const { clientX, clientY } = event.touches[0];
  if (touch.isPreview) {
    // Scrub instead of scrolling the page.
    event.preventDefault();
    move(clientX);
  } else if (Math.hypot(clientX - touch.x, clientY - touch.y) > MOVED_PIXELS) {
    onTouchEnd();
  }
}

function onTouchEnd(event) {
  // The end of a preview is not a tap.
  if (touch?.isPreview && event?.type === "touchend") event.preventDefault();
  touch = null;
  stop();
}

document.addEventListener("pointerover", onPointerOver);
document.addEventListener("pointermove", (event) => event.pointerType === "mouse" && move(event.clientX));
document.addEventListener("pointerout", onPointerOut);
document.addEventListener("touchstart", onTouchStart, { passive: true });
document.addEventListener("touchmove", onTouchMove, { passive: false });
document.addEventListener("touchend", onTouchEnd, { passive: false });
document.addEventListener("touchcancel", onTouchEnd);
document.addEventListener("contextmenu", (event) => touch && event.preventDefault());
document.addEventListener("scroll", () => touch || stop(), { passive: true });
