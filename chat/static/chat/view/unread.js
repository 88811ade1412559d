// The number of unread messages: on the launcher, and before the page's title, where a visitor in another tab sees it.

import { count, strings } from "../strings.js";
import { element } from "./dom.js";

const MOST = 9;

// The page has one title. All chats on it show the same conversation, so the largest count is right for all.
const counts = new Map();
let own = null; // the page's own title, while ours replaces it
let ours = null;

function entitle() {
  const unread = Math.max(0, ...counts.values());
  if (document.title !== ours) own = document.title; // the page may have changed it meanwhile
  ours = unread ? `(${unread}) ${own}`.trim() : null;
  document.title = ours ?? own;
}

export class Unread {
  node = element("span", { part: "badge", "aria-hidden": "true", hidden: true });

  get #count() {
    return counts.get(this) ?? 0;
  }

  /** The launcher's name. */
  get name() {
    return this.#count ? count(strings.open_unread, this.#count) : strings.open;
  }

  show(unread) {
    if (unread === this.#count) return;
    if (unread) counts.set(this, unread);
    else counts.delete(this);
    entitle();
    this.node.hidden = unread === 0;
    this.node.textContent = unread > MOST ? `${MOST}+` : String(unread);
  }
}
