// The gallery: each module adds one behaviour to the HTML, which works without them.
import "./results.js";
import "./density.js";
import "./preview.js";
import "./filters.js";
import "./scroll_position.js";
// Before what answers to the same keys for the whole page.
import "../shared/tag_field.js";
import "./grid_navigation.js";
import "./selection.js";
import "./bulk.js";
import "./save_list.js";
