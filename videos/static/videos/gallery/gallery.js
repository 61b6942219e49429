// The gallery: each module adds one behaviour to the HTML, which works without them.
import "./results.js";
import "./density.js";
import "./preview.js";
import "./filters.js";
import "./place.js";
import "./walking.js";
import "./save_list.js";
