// The menu that hands a conversation to a colleague, or back to the queue.

import { fill, strings } from "../strings.js";
import { element } from "../view/dom.js";

export class PassOn {
  #list = element("ul", {});
  #choose;

  /** ask(): have the colleagues read. choose(key): hand it on to this one, null for the queue. */
  constructor({ ask, choose }) {
    this.#choose = (key) => {
      this.node.open = false;
      choose(key);
    };
    this.node = element(
      "details",
      {
        class: "desk-pass",
        ontoggle: () => this.node.open && ask(),
        onkeydown: (event) => {
          if (event.key !== "Escape" || !this.node.open) return;
          event.preventDefault();
          this.node.open = false;
          this.node.firstElementChild.focus();
        },
      },
      element("summary", {}, strings.pass_on),
      this.#list,
    );
  }

  update({ colleagues }) {
    const item = (label, key) => element("li", {}, element("button", { type: "button", onclick: () => this.#choose(key) }, label));
    const shown = JSON.stringify(colleagues);
    if (shown === this.node.dataset.shown) return;
    this.node.dataset.shown = shown;
    this.#list.replaceChildren(
      ...colleagues.map(({ key, label, away }) => item(away ? fill(strings.is_away, { name: label }) : label, key)),
      item(strings.to_queue, null),
    );
  }
}
