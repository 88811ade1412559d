// The panel on a phone: it fills what the keyboard leaves of the screen, and the focus goes round in it.

const NARROW = matchMedia("(max-width: 480px)"); // as in the styles
const DIALOG = { role: "dialog", "aria-modal": "true", "aria-labelledby": "title" };
const STOPS = "button, [href], textarea, summary, [tabindex='0']";

export class Sheet {
  #root;

  /** root: the element whose styles know --view-height and --view-top. */
  constructor(root) {
    this.#root = root;
  }

  /** Where it fills the screen it is a dialog, all of the root, since what screen readers are told must stand inside. */
  show(open) {
    for (const [name, value] of Object.entries(DIALOG)) {
      if (open && this.isUsed) this.#root.setAttribute(name, value);
      else this.#root.removeAttribute(name);
    }
  }

  get isUsed() {
    return NARROW.matches;
  }

  /** Follow the screen until the signal comes; changed(): the panel became a sheet, or is one no longer. */
  listen(changed, signal) {
    NARROW.addEventListener("change", changed, { signal });
    for (const type of ["resize", "scroll"]) visualViewport.addEventListener(type, () => this.fit(), { signal });
    this.#root.addEventListener("wheel", (event) => this.#hold(event), { passive: false, signal });
    this.fit();
  }

  /** A wheel turned beside the conversation would move the page behind. */
  #hold(event) {
    if (this.#root.hasAttribute("aria-modal") && !event.target.closest("[part=scroller], [part=field]")) event.preventDefault();
  }

  /** The keyboard covers the page without shrinking it; who has zoomed in with two fingers wants to see a part of all. */
  fit() {
    const { height, offsetTop, scale } = visualViewport;
    this.#root.style.setProperty("--view-height", scale === 1 ? `${height}px` : "100dvh");
    this.#root.style.setProperty("--view-top", scale === 1 ? `${offsetTop}px` : "0px");
  }

  /** Keep the focus inside: nothing else can be seen. */
  keep(event, panel) {
    const stops = [...panel.querySelectorAll(STOPS)].filter((node) => node.checkVisibility());
    const focused = panel.getRootNode().activeElement;
    const last = event.shiftKey ? stops[0] : stops.at(-1);
    if (focused !== last && !(event.shiftKey && focused === panel)) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }
}
