// The modules that need a player. They are not loaded when the file is missing.
import "./playback_errors.js";
import "./resume.js";
import "./count_view.js";
import "./timecode_links.js";
import "./captions.js";
import "./speed.js";
import "./loop.js";
import "./timeline.js";
import "./theatre.js";
import "./gestures.js";
import "./menus.js";
import "./up_next.js";
import "./media_session.js";
import "./new_marker.js";
import "./keys.js";
