// Actions for the whole conversation, behind one button. The list of them is loaded when it is first opened.

import { strings } from "../strings.js";
import { element, icon } from "./dom.js";

const DOTS = ["M5 12h.01", "M12 12h.01", "M19 12h.01"];

export class Menu {
  #button;
  #load;
  #loading = null;
  #list = null; // {node, update}, once it was asked for
  #state; // as it was last, for the list: {messages, status}

  /** load(close): the list; it rejects if the list can't be had. fail(): says so. */
  constructor({ load, fail }) {
    this.#load = load;
    this.#button = element(
      "button",
      {
        type: "button",
        part: "more",
        "aria-label": strings.menu,
        "aria-expanded": "false",
        "aria-controls": "menu",
        onclick: () => this.#toggle().catch(fail),
        onfocus: () => this.#fetch().catch(() => {}), // so that it is there when it is asked for
        onpointerenter: () => this.#fetch().catch(() => {}),
      },
      icon(...DOTS),
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
    );
  }

  get isOpen() {
    return this.#list !== null && !this.#list.node.hidden;
  }

  close() {
    this.#show(false);
    this.#button.focus();
  }

  update(state) {
    this.#state = state;
    this.#list?.update(state);
  }

  async #toggle() {
    if (this.#list) return this.#show(!this.isOpen);
    await this.#fetch();
    this.#show(this.node.matches(":focus-within")); // the visitor may have gone on
  }

  /** Have the list. */
  async #fetch() {
    if (this.#list) return;
    this.#loading ??= this.#load(() => this.close()).finally(() => (this.#loading = null));
    const list = await this.#loading;
    if (this.#list) return;
    this.#list = list;
    this.#list.update(this.#state);
    this.node.append(this.#list.node);
  }

  #show(open) {
    if (!this.#list) return;
    this.#list.node.hidden = !open;
    this.#button.setAttribute("aria-expanded", String(open));
  }
}
