// Ready-made answers: "/" at the beginning of the field opens them, and what is typed then filters them.

import { fill, strings } from "../strings.js";
import { element } from "../view/dom.js";

const MOST = 8;

export class Suggestions {
  #field;
  #choose;
  #all = [];
  #shown = [];
  #at = 0;
  node = element("ul", { class: "desk-suggestions", id: "desk-suggestions", role: "listbox", "aria-label": strings.suggestions, hidden: true });

  /** choose(text, parts): put it into the field, in the place of what was typed. */
  constructor({ field, choose }) {
    this.#field = field;
    this.#choose = choose;
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", "desk-suggestions"], ["aria-expanded", "false"]]) {
      field.setAttribute(name, value);
    }
    field.addEventListener("input", () => this.#filter());
    // Before the field's own, which sends on Enter.
    field.addEventListener("keydown", (event) => this.#key(event), { capture: true });
  }

  update({ suggestions }) {
    if (suggestions === this.#all) return;
    this.#all = suggestions;
    this.#filter();
  }

  #filter() {
    const { value } = this.#field;
    const wanted = value.startsWith("/") && !value.includes("\n") ? value.slice(1).trim().toLowerCase() : null;
    const fits = ({ name, text }) => `${name} ${text}`.toLowerCase().includes(wanted);
    const begins = ({ name }) => name.toLowerCase().startsWith(wanted);
    const found = wanted === null ? [] : this.#all.filter(fits);
    this.#shown = [...found.filter(begins), ...found.filter((one) => !begins(one))].slice(0, MOST);
    this.#at = 0;
    this.#draw();
  }

  #draw() {
    this.node.hidden = this.#shown.length === 0;
    this.#field.setAttribute("aria-expanded", String(!this.node.hidden));
    this.node.replaceChildren(
      ...this.#shown.map(({ name, text, intent }, index) =>
        element(
          "li",
          {
            role: "option",
            id: `desk-suggestion-${index}`,
            "aria-selected": String(index === this.#at),
            onpointerdown: (event) => {
              event.preventDefault(); // the focus stays in the field
              this.#take(index);
            },
          },
          element("strong", {}, intent ? fill(strings.intent, { name }) : name),
          element("span", { dir: "auto" }, text),
        ),
      ),
    );
    if (this.node.hidden) this.#field.removeAttribute("aria-activedescendant");
    else this.#field.setAttribute("aria-activedescendant", `desk-suggestion-${this.#at}`);
  }

  #take(index) {
    const { text, parts = [] } = this.#shown[index];
    this.#shown = [];
    this.#draw();
    this.#choose(text, parts);
  }

  #key(event) {
    if (this.node.hidden || event.isComposing) return;
    const last = this.#shown.length - 1;
    if (event.key === "ArrowDown") this.#at = this.#at === last ? 0 : this.#at + 1;
    else if (event.key === "ArrowUp") this.#at = this.#at === 0 ? last : this.#at - 1;
    else if (event.key === "Escape") this.#shown = [];
    else if (event.key !== "Enter" && event.key !== "Tab") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.key === "Enter" || event.key === "Tab") this.#take(this.#at);
    else this.#draw();
  }
}
