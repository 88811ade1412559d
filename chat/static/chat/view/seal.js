// What happens inside the chat is none of the page's business: a dialog that holds the focus would take it out of the
// field, a smooth scroller the wheel, a whiteboard what is pasted, and a shortcut the key.

// Without pointerrawupdate: to listen for it costs the whole page a task for every move of the mouse.
const TYPES = `
  focusin focusout
  pointerdown pointermove pointerup pointercancel pointerover pointerout gotpointercapture lostpointercapture
  mousedown mousemove mouseup mouseover mouseout click dblclick auxclick contextmenu
  wheel DOMMouseScroll touchstart touchmove touchend touchcancel
  copy cut paste beforecopy beforecut beforepaste dragstart drag dragend dragenter dragover dragleave drop
  beforeinput input compositionstart compositionupdate compositionend selectstart
  keydown keypress keyup
`;

/** End the visitor's events at the root. Nothing outside hears of them, except what listens in the capture phase. */
export function seal(root) {
  for (const type of TYPES.trim().split(/\s+/)) {
    root.addEventListener(type, (event) => event.stopPropagation(), { passive: true });
  }
  root.addEventListener("dragover", refuseFiles);
}

/** The page can't keep the browser from opening a file that is dropped here, in the place of the page. */
function refuseFiles(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}

/** A double click, and a key that is held, do once what they do. */
export function once(root) {
  for (const type of ["click", "keydown"]) root.addEventListener(type, onlyOnce, { capture: true });
}

/**
 * The second click of a double click does nothing: it would undo the first, or repeat it. Nor does Enter while it is
 * held: the focus may have moved.
 */
function onlyOnce(event) {
  if (event.detail < 2 && !(event.repeat && event.key === "Enter" && !event.shiftKey)) return;
  event.preventDefault();
  event.stopPropagation();
}
