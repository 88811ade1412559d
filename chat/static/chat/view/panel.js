// The frame around the conversation: launcher, heading, banner. It shows what it gets and decides nothing.

import { fill, strings } from "../strings.js";
import { element, icon } from "./dom.js";

export const BUBBLE = "M20 11.5a7.5 7.5 0 0 1-7.5 7.5H5l1.6-2.8A7.5 7.5 0 1 1 20 11.5Z";
export const CROSS = "M6 6l12 12M18 6 6 18";
const SECOND = 1_000;
const RETURN = 2_000;

export class Panel {
  #title = element("h2", { id: "title", dir: "auto" });
  #subtitle = element("p", { class: "subtitle", dir: "auto" });
  #trouble = element("span", { dir: "auto" });
  #countdown = element("span", { dir: "auto" });
  #face = element("span", { class: "face" }, icon(BUBBLE));
  #now;
  #banner;
  #menu;
  #unread;
  #composer;
  #begin;
  #tick = null;
  #returned = null; // the timer of the banner for a connection that is back

  /**
   * menu, log, composer: the nodes to hold. unread: {node, name} for the launcher. open(), close(), retry(), begin():
   * the actions of its buttons.
   */
  constructor({ menu, log, composer, unread, open, close, retry, begin }) {
    this.#menu = menu;
    this.#unread = unread;
    this.#composer = composer;
    this.#now = element("button", { type: "button", part: "now", onclick: retry }, strings.now);
    this.#banner = element("div", { part: "banner", hidden: true }, this.#trouble, this.#countdown, this.#now);
    this.#begin = element("button", { type: "button", part: "begin", hidden: true, onclick: begin }, strings.begin);
    this.launcher = element(
      "button",
      {
        type: "button",
        part: "launcher",
        title: "",
        "aria-expanded": "false",
        "aria-controls": "panel",
        onclick: open,
      },
      icon(BUBBLE, "M9 10h7M9 13h4"),
      unread.node,
    );
    this.node = element(
      "section",
      // Without an empty title the browser would show the element's own title as a tooltip over the whole chat.
      { part: "panel", id: "panel", title: "", "aria-labelledby": "title", tabindex: "-1", hidden: true },
      element(
        "header",
        { part: "header" },
        this.#face,
        element("div", { class: "heading" }, this.#title, this.#subtitle),
        menu,
        element("button", { type: "button", part: "close", "aria-label": strings.close, onclick: close }, icon(CROSS)),
      ),
      this.#banner,
      log,
      composer,
      this.#begin,
    );
  }

  name(title) {
    this.#title.textContent = title;
  }

  /** Show this as the bot's face. */
  face(node) {
    this.#face.replaceWith(node);
    this.#face = node;
  }

  /** Either the launcher or the panel: two buttons that close would make one wonder what the other one does. */
  show(open) {
    this.node.hidden = !open;
    this.launcher.hidden = open;
    this.launcher.setAttribute("aria-label", this.#unread.name);
  }

  update({ status, connection, unreachable, retryAt }) {
    const away = connection === "lost" || connection === "stopped"; // nobody answers right away
    const words = unreachable ? strings.unreachable : away ? "" : strings[`subtitle_${status}`];
    this.#subtitle.textContent = words ?? "";
    this.#showTrouble(connection, retryAt);
    const closed = status === "closed";
    if (closed === this.#composer.hidden) return;
    const focused = this.node.getRootNode().activeElement;
    const composing = this.#composer.contains(focused);
    this.#composer.hidden = closed;
    this.#begin.hidden = !closed;
    // Not the button, if the visitor was writing: the next space would press it.
    if (closed && composing) this.node.focus();
    else if (closed && this.#menu.contains(focused)) this.#begin.focus();
  }

  #showTrouble(connection, retryAt) {
    const lost = connection === "lost";
    if (!lost && this.node.getRootNode().activeElement === this.#now) this.node.focus();
    this.#now.hidden = !lost;
    if (lost || connection === "stopped") {
      clearTimeout(this.#returned);
      this.#returned = null;
      this.#banner.hidden = false;
      this.#trouble.textContent = lost && !navigator.onLine ? strings.offline : strings[connection];
    } else if (connection !== "ready") {
      this.#banner.hidden = true;
    } else if (!this.#banner.hidden) {
      this.#trouble.textContent = strings.connected;
      this.#returned ??= setTimeout(() => (this.#banner.hidden = true), RETURN); // so that no banner flashes
    }
    clearInterval(this.#tick);
    this.#tick = lost ? setInterval(() => this.#count(retryAt), SECOND) : null;
    this.#count(lost ? retryAt : null);
  }

  #count(retryAt) {
    const left = retryAt === null ? 0 : Math.ceil((retryAt - Date.now()) / SECOND);
    this.#countdown.textContent = left > 0 ? fill(strings.in, { n: left }) : "";
    if (left <= 0) clearInterval(this.#tick);
  }
}
