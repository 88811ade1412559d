// Where the focus was before it came into the chat, and goes back to when the chat is closed.

/** What has the focus, also within other elements of the page's own; null where nothing has. */
function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node === document.body ? null : node;
}

export class Focus {
  #widget;
  #before = null;

  constructor(widget) {
    this.#widget = widget;
  }

  /** It may come into the chat now. */
  leave() {
    if (!this.#widget.matches(":focus-within")) this.#before = focused();
  }

  /** The chat was closed. inside: whether it was there; launcher: where it goes if what had it is gone or can't have it. */
  giveBack(inside, launcher) {
    const before = this.#before;
    this.#before = null;
    if (!inside) return;
    before?.focus();
    if (!before || before !== focused()) launcher.focus();
  }
}
