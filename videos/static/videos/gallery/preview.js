// The film under the pointer: from left to right of a cover lie its small pictures, from the first to the last. A finger
// that rests on a cover sees them, too.
const REST_MILLISECONDS = 350;
const HOVER_MILLISECONDS = 80;
const MOVED_PIXELS = 10;

const sheets = new Map();
let current = null;
let timer = 0;
let touch = null;

// The index of a sheet, and the sheet: from where the cover is. A file without a duration has none.
function sheetOf(cover) {
  const picture = cover.querySelector(".picture");
  if (!picture || !cover.querySelector(".is-duration")) return null;
  const address = picture.src.replace("/cover.webp", "/sprite.vtt");
  if (!sheets.has(address)) sheets.set(address, load(address));
  return sheets.get(address);
}

async function load(address) {
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) return null;
  const tiles = [...(await response.text()).matchAll(/^(\S+)#xywh=(\d+),(\d+),(\d+),(\d+)$/gm)];
  if (!tiles.length) return null;
  const image = new Image();
  image.src = new URL(tiles[0][1], address).href;
  const isThere = await image.decode().then(() => true, () => false);
  return isThere ? { image, tiles: tiles.map((tile) => tile.slice(2).map(Number)) } : null;
}

async function start(cover, x) {
  if (current?.cover === cover) return;
  stop();
  const mine = { cover, x };
  current = mine;
  const sheet = await sheetOf(cover);
  if (current !== mine || !sheet) return;
  mine.sheet = sheet;
  mine.picture = document.createElement("span");
  mine.picture.className = "preview";
  mine.picture.style.backgroundImage = `url("${sheet.image.src}")`;
  mine.place = document.createElement("span");
  mine.place.className = "preview-place";
  cover.querySelector(".badges").before(mine.picture, mine.place);
  draw(mine);
}

function draw({ cover, x, sheet, picture, place }) {
  if (!sheet) return;
  const box = cover.getBoundingClientRect();
  const share = Math.min(Math.max((x - box.left) / box.width, 0), 0.999);
  const [left, top, width, height] = sheet.tiles[Math.floor(share * sheet.tiles.length)];
  const scale = Math.max(box.width / width, box.height / height);
  const { image } = sheet;
  picture.style.backgroundSize = `${image.naturalWidth * scale}px ${image.naturalHeight * scale}px`;
  picture.style.backgroundPosition = `${(box.width - width * scale) / 2 - left * scale}px ${(box.height - height * scale) / 2 - top * scale}px`;
  place.style.width = `${share * 100}%`;
}

function move(x) {
  if (!current) return;
  current.x = x;
  draw(current);
}

function stop() {
  clearTimeout(timer);
  current?.picture?.remove();
  current?.place?.remove();
  current = null;
}

function coverAt(event) {
  return event.target.closest?.(".card")?.querySelector(".cover") ?? null;
}

function hovered(event) {
  if (event.pointerType !== "mouse") return;
  const cover = event.target.closest?.(".card-link")?.querySelector(".cover");
  if (!cover || current?.cover === cover) return;
  clearTimeout(timer);
  timer = setTimeout(() => start(cover, event.clientX), HOVER_MILLISECONDS);
}

function left(event) {
  if (event.pointerType !== "mouse") return;
  const card = event.target.closest?.(".card");
  if (card && !card.contains(event.relatedTarget)) stop();
}

function rest(event) {
  const cover = event.touches.length === 1 ? coverAt(event) : null;
  if (!cover) return;
  const { clientX, clientY } = event.touches[0];
  touch = { x: clientX, y: clientY, isPreview: false };
  timer = setTimeout(() => {
    touch.isPreview = true;
    start(cover, clientX);
  }, REST_MILLISECONDS);
}

function drag(event) {
  if (!touch) return;
  const { clientX, clientY } = event.touches[0];
  if (touch.isPreview) {
    // The finger looks through the film: the page stays.
    event.preventDefault();
    move(clientX);
  } else if (Math.hypot(clientX - touch.x, clientY - touch.y) > MOVED_PIXELS) {
    lift();
  }
}

function lift(event) {
  // A look is no press.
  if (touch?.isPreview && event?.type === "touchend") event.preventDefault();
  touch = null;
  stop();
}

document.addEventListener("pointerover", hovered);
document.addEventListener("pointermove", (event) => event.pointerType === "mouse" && move(event.clientX));
document.addEventListener("pointerout", left);
document.addEventListener("touchstart", rest, { passive: true });
document.addEventListener("touchmove", drag, { passive: false });
document.addEventListener("touchend", lift, { passive: false });
document.addEventListener("touchcancel", lift);
document.addEventListener("contextmenu", (event) => touch && event.preventDefault());
document.addEventListener("scroll", () => touch || stop(), { passive: true });
