// Actions for the whole conversation, behind one button.

import { strings } from "../strings.js";
import { element, icon } from "./dom.js";

const DOTS = ["M5 12h.01", "M12 12h.01", "M19 12h.01"];

const A_WHILE = 2_000;

export class Menu {
  #button;
  #list;
  #items = {};

  /**
   * actions: {person(), sound(), copy(): returns the result in words, download(), end()}. copy is null if the browser has no
   * clipboard.
   */
  constructor(actions) {
    this.#button = element(
      "button",
      {
        type: "button",
        part: "more",
        "aria-label": strings.menu,
        "aria-expanded": "false",
        "aria-controls": "menu",
        onclick: () => this.#show(this.#list.hidden),
      },
      icon(...DOTS),
    );
    const item = (name, label, run) => {
      this.#items[name] = element("button", { type: "button", part: "menu-item", onclick: run }, label);
      return element("li", {}, this.#items[name]);
    };
    const copy = async () => {
      this.#items.copy.textContent = await actions.copy();
      setTimeout(() => (this.#items.copy.textContent = strings.copy_all), A_WHILE);
    };
    const closing = (run) => () => {
      this.close();
      run();
    };
    this.#list = element(
      "ul",
      { part: "menu", id: "menu", role: "list", hidden: true },
      actions.person ? item("person", strings.person, closing(actions.person)) : null,
      item("sound", strings.sound, actions.sound),
      actions.copy ? item("copy", strings.copy_all, copy) : null,
      item("download", strings.download, closing(actions.download)),
      item("end", strings.end, closing(actions.end)),
    );
    this.node = element(
      "div",
      {
        class: "menu",
        onfocusout: ({ relatedTarget }) => {
          if (!this.node.contains(relatedTarget)) this.#show(false);
        },
      },
      this.#button,
      this.#list,
    );
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  close() {
    this.#show(false);
    this.#button.focus();
  }

  update({ messages, status }, sound) {
    const empty = !messages.some(({ seq }) => seq !== null);
    for (const name of ["copy", "download"]) if (this.#items[name]) this.#items[name].parentNode.hidden = empty;
    if (this.#items.person) this.#items.person.parentNode.hidden = status !== "bot";
    this.#items.end.parentNode.hidden = empty || status === "closed";
    this.#items.sound.setAttribute("aria-pressed", String(sound));
  }

  #show(open) {
    this.#list.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
  }
}
