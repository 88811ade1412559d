// How many messages came unseen: on the launcher, and before the page's title, where a visitor of another tab sees it.

import { count, strings } from "../strings.js";
import { element } from "./dom.js";

const MOST = 9;

export class Unread {
  #count = 0;
  #title = null; // the page's own, while ours stands in its place
  node = element("span", { part: "badge", "aria-hidden": "true", hidden: true });

  /** The launcher's name. */
  get name() {
    return this.#count ? count(strings.open_unread, this.#count) : strings.open;
  }

  show(unread) {
    if (unread === this.#count) return;
    const ours = this.#title !== null && document.title === this.#titled(this.#count);
    const own = ours ? this.#title : document.title; // the page may have changed it meanwhile
    this.#count = unread;
    this.#title = unread ? own : null;
    document.title = unread ? this.#titled(unread) : own;
    this.node.hidden = unread === 0;
    this.node.textContent = unread > MOST ? `${MOST}+` : String(unread);
  }

  #titled(unread) {
    return `(${unread}) ${this.#title}`;
  }
}
