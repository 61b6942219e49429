// Steps one frame back or forward, using the frame rate from the library.
import { player, seek, video } from "./player.js";

const DEFAULT_FRAME_RATE = 25;

export function stepFrame(direction) {
  video.pause();
  const rate = Number(player.dataset.frameRate) || DEFAULT_FRAME_RATE;
  const frame = Math.floor(video.currentTime * rate + 0.001);
  // Seek to the middle of the frame: its start may be rounded into the frame before.
  seek((Math.max(0, frame + direction) + 0.5) / rate);
}
