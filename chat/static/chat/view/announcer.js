// What screen readers announce. The visible list is not live, since some would read all of it again at every change.

import { element } from "./dom.js";

const LONG_ENOUGH = 1_000; // TalkBack misses texts that are removed sooner

export class Announcer {
  #log = element("div", { role: "log", class: "unseen", "aria-live": "polite" });
  #status = element("div", { role: "status", class: "unseen" });
  #clearing = null;

  constructor() {
    this.nodes = [this.#log, this.#status];
  }

  /** The sender ("Assistant: ") and the text, once. lang: the text's, if it isn't the widget's own. */
  message(who, text, lang) {
    const line = element("p", {}, who, element("span", { lang }, text));
    this.#log.append(line);
    setTimeout(() => line.remove(), LONG_ENOUGH);
  }

  /** What happens now: typing, connection, limits. It is removed soon, so that no outdated status is read later. */
  status(text) {
    this.#status.textContent = text;
    clearTimeout(this.#clearing);
    this.#clearing = setTimeout(() => (this.#status.textContent = ""), LONG_ENOUGH);
  }
}
