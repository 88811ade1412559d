// Where the focus was before it came into the chat. It goes back there when the chat is closed.

/** What has the focus, also within other elements of the page. Null if nothing has. */
function focused() {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  return node === document.body ? null : node;
}

/** Whether the visitor may be writing into a field: one of the page, or one within a frame, where it can't be seen. */
export function isTyping() {
  const node = focused();
  return node !== null && (node.isContentEditable || node.matches("input, select, textarea, iframe"));
}

export class Focus {
  #widget;
  #before = null;

  constructor(widget) {
    this.#widget = widget;
  }

  /** The focus may come into the chat now. */
  leave() {
    if (!this.#widget.matches(":focus-within")) this.#before = focused();
  }

  /** The chat was closed. inside: whether it had the focus. launcher: gets it if the earlier place is gone or can't. */
  giveBack(inside, launcher) {
    const before = this.#before;
    this.#before = null;
    if (!inside) return;
    before?.focus();
    if (!before || before !== focused()) launcher.focus();
  }
}
