// What screen readers are told. The visible list is not live, since some would read all of it again at every change.

import { element } from "./dom.js";

const LONG_ENOUGH = 1_000; // TalkBack misses what is gone sooner

export class Announcer {
  #log = element("div", { role: "log", class: "unseen", "aria-live": "polite" });
  #status = element("div", { role: "status", class: "unseen" });
  #clearing = null;

  constructor() {
    this.nodes = [this.#log, this.#status];
  }

  /** Who said it ("Assistant: ") and the text, once. lang: of the text, where it isn't the widget's own. */
  message(who, text, lang) {
    const line = element("p", {}, who, element("span", { lang }, text));
    this.#log.append(line);
    setTimeout(() => line.remove(), LONG_ENOUGH);
  }

  /** What goes on: typing, connection, limits. It is gone soon: who reads on finds nothing that is no longer so. */
  status(text) {
    this.#status.textContent = text;
    clearTimeout(this.#clearing);
    this.#clearing = setTimeout(() => (this.#status.textContent = ""), LONG_ENOUGH);
  }
}
