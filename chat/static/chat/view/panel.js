// The frame around the conversation: launcher, heading, banner. It shows what it is given and decides nothing.

import { strings } from "../strings.js";
import { element, icon } from "./dom.js";

const BUBBLE = "M20 11.5a7.5 7.5 0 0 1-7.5 7.5H5l1.6-2.8A7.5 7.5 0 1 1 20 11.5Z";
const CROSS = "M6 6l12 12M18 6 6 18";

export class Panel {
  #subtitle = element("p", { class: "subtitle", dir: "auto" });
  #banner = element("p", { part: "banner", dir: "auto", hidden: true });

  #unread;

  /** log, composer: the nodes to hold. unread: {node, name} of the launcher. toggle(), close(): what its buttons do. */
  constructor({ log, composer, unread, toggle, close }) {
    this.#unread = unread;
    this.launcher = element(
      "button",
      { type: "button", part: "launcher", "aria-expanded": "false", "aria-controls": "panel", onclick: toggle },
      icon(BUBBLE, "M9 10h7M9 13h4"),
      icon(CROSS),
      unread.node,
    );
    this.node = element(
      "section",
      { part: "panel", id: "panel", "aria-labelledby": "title", tabindex: "-1", hidden: true },
      element(
        "header",
        { part: "header" },
        element("span", { class: "face" }, icon(BUBBLE)),
        element("div", { class: "heading" }, element("h2", { id: "title", dir: "auto" }, strings.title), this.#subtitle),
        element("button", { type: "button", part: "close", "aria-label": strings.close, onclick: close }, icon(CROSS)),
      ),
      this.#banner,
      log,
      composer,
    );
  }

  show(open) {
    this.node.hidden = !open;
    this.launcher.setAttribute("aria-expanded", String(open));
    this.launcher.setAttribute("aria-label", open ? strings.close : this.#unread.name);
  }

  update({ status, connection }) {
    this.#subtitle.textContent = strings.subtitle[status] ?? "";
    this.#banner.hidden = connection !== "lost" && connection !== "stopped";
    this.#banner.textContent = strings[connection] ?? "";
  }
}
