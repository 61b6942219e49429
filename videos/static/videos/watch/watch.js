// The watch page: each module adds one behaviour to HTML that works without scripts.
import "./inline_forms.js";
import "../shared/tag_field.js";
import "./copy_link.js";
import "./disclosures.js";
import { player } from "./player.js";

if (player) import("./playback.js");
if (player && document.getElementById("control-labels")) import("./control_labels.js");
