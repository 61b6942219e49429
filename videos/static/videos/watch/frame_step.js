// One frame back or on, by the frame rate that the library knows.
import { player, video, seek } from "./player.js";

const USUAL_RATE = 25;

export function stepFrame(direction) {
  video.pause();
  const rate = Number(player.dataset.frameRate) || USUAL_RATE;
  const frame = Math.floor(video.currentTime * rate + 0.001);
  // Into the middle of the frame: its edge may round to the one before.
  seek((Math.max(0, frame + direction) + 0.5) / rate);
}
