// The gallery: each module adds one behaviour to HTML that works without scripts.
import "./results.js";
import "./density.js";
import "./preview.js";
import "./filters.js";
import "./scroll_position.js";
// Before the modules that handle the same keys for the whole page.
import "../shared/tag_field.js";
import "./grid_navigation.js";
import "./selection.js";
import "./bulk.js";
import "./save_list.js";
