// dnd-kit's help for screen readers makes a button of every block and speaks of keys that Puck does not listen to. It is
// left out: the choice of a block and the buttons beside it do without a mouse what dragging does with one.
import { Accessibility, defaultPreset } from "@dnd-kit/dom";

const plugins: unknown[] = defaultPreset.plugins;
const at = plugins.indexOf(Accessibility);
if (at >= 0) plugins.splice(at, 1);
