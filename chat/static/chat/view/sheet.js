// The panel on a phone: a modal dialog that fills the screen above the keyboard. The browser then keeps the focus and
// screen readers inside. The page behind is not changed.

const SMALL = matchMedia("(max-width: 480px), (max-height: 420px) and (pointer: coarse)"); // a phone, also one held sideways
const ALL = 1e6;
/** By how much of the conversation's window a key moves it. */
const KEYS = {
  ArrowUp: -0.1,
  ArrowDown: 0.1,
  ArrowLeft: 0,
  ArrowRight: 0,
  PageUp: -0.9,
  PageDown: 0.9,
  " ": 0.9,
  Home: -ALL,
  End: ALL,
};

export class Sheet {
  #root;
  #panel;
  #open = false;
  #observer = new ResizeObserver(() => this.#fill()); // if the page hides the chat, a modal dialog would block it unseen

  /** root: a dialog element whose styles know --view-height and --view-top. close(): what the phone's back gesture does. */
  constructor(root, close) {
    this.#root = root;
    this.#name();
    root.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
  }

  /** panel: what fills the screen, in the root. */
  hold(panel) {
    this.#panel = panel;
    this.#observer.disconnect();
    this.#observer.observe(panel);
  }

  /** Whether the open panel would fill the screen. */
  get fills() {
    return SMALL.matches;
  }

  /** All of the root is the dialog, since what screen readers are told must stand inside. */
  show(open) {
    this.#open = open;
    this.#fill();
  }

  #fill() {
    const modal = this.#open && SMALL.matches && this.#panel.checkVisibility({ visibilityProperty: true });
    if (modal === this.#root.open) return;
    const focused = this.#root.getRootNode().activeElement;
    if (modal) this.#root.showModal();
    else this.#root.close();
    this.#name();
    if (modal) (focused ?? this.#panel).focus();
    else focused?.focus(); // the panel is beside the page
  }

  /** While it isn't modal, screen readers ignore it. The panel has its own name. */
  #name() {
    this.#root.role = this.#root.open ? "dialog" : "group"; // "none" is ignored on this element
    if (this.#root.open) this.#root.setAttribute("aria-labelledby", "title");
    else this.#root.removeAttribute("aria-labelledby");
  }

  /** Follow the screen until the signal comes. */
  listen(signal) {
    SMALL.addEventListener("change", () => this.#fill(), { signal });
    for (const type of ["resize", "scroll"]) visualViewport.addEventListener(type, () => this.fit(), { signal });
    this.#root.addEventListener("wheel", (event) => this.#hold(event), { passive: false, signal });
    for (const target of [this.#root, window]) target.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.fit();
  }

  /** A wheel turned beside the conversation would scroll the page behind. */
  #hold(event) {
    const { scrollHeight, clientHeight } = this.#panel;
    if (scrollHeight > clientHeight) return; // if there isn't room for all of it, the panel itself scrolls
    if (this.#root.open && !event.target.closest("[part=scroller], [part=field]")) event.preventDefault();
  }

  /** Keys that would scroll the page behind scroll the conversation. */
  #key(event) {
    const path = event.composedPath();
    const here = path.includes(this.#root) || path[0] === document.body; // the page may have a dialog above this one
    if (!this.#root.open || !here || !Object.hasOwn(KEYS, event.key)) return;
    const taken = path[0].matches(event.key === " " ? "textarea, button, summary" : "textarea");
    if (taken || event.defaultPrevented || event.altKey || event.metaKey) return;
    event.preventDefault();
    const scroller = this.#panel.querySelector("[part=scroller]");
    const back = event.key === " " && event.shiftKey ? -1 : 1;
    scroller.scrollBy({ top: back * KEYS[event.key] * scroller.clientHeight });
  }

  /** Follow the part that the keyboard leaves, but not if the visitor has zoomed in with two fingers. */
  fit() {
    const { height, offsetTop, scale } = visualViewport;
    this.#root.style.setProperty("--view-height", scale === 1 ? `${height}px` : "100dvh");
    this.#root.style.setProperty("--view-top", scale === 1 ? `${offsetTop}px` : "0px");
  }
}
