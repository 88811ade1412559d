// The operator's field. A draft is kept for each conversation.

import { characters } from "../protocol.js";
import { fill, strings } from "../strings.js";
import { element } from "../view/dom.js";
import { Suggestions } from "./suggestions.js";
import { digits } from "./words.js";

const NEARLY = 100; // characters before the limit from where the count is shown

export class Composer {
  #drafts = new Map();
  #conversation = null;
  #limit = Infinity;
  #send;
  #field;
  #count = element("p", { class: "desk-left", id: "desk-left", hidden: true });
  #button = element("button", { class: "default" }, strings.send);
  #parts = []; // what is sent below the text
  #below = element("p", { class: "desk-below", hidden: true });
  #suggestions;

  /** send(text, parts), type(): the operator types. */
  constructor({ send, type }) {
    this.#send = send;
    this.#field = element("textarea", {
      id: "desk-field",
      rows: "2",
      dir: "auto",
      "aria-label": strings.field,
      "aria-describedby": "desk-left",
      placeholder: strings.placeholder,
      oninput: () => {
        this.#changed();
        if (this.#field.value.trim()) type();
      },
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        if (!event.repeat) this.#submit();
      },
    });
    this.#suggestions = new Suggestions({
      field: this.#field,
      choose: (text, parts) => {
        this.#field.value = text;
        this.#parts = parts;
        this.#changed();
        this.focus();
      },
    });
    this.node = element(
      "form",
      {
        class: "desk-composer",
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      this.#suggestions.node,
      this.#field,
      this.#button,
      this.#below,
      this.#count,
    );
  }

  focus() {
    this.#field.focus();
  }

  update(state, usable, label) {
    const { open, maxCharacters } = state;
    this.#suggestions.update(state);
    this.#limit = maxCharacters;
    const conversation = open?.conversation ?? null;
    if (conversation !== this.#conversation) {
      if (this.#conversation) this.#drafts.set(this.#conversation, { text: this.#field.value, parts: this.#parts });
      this.#conversation = conversation;
      ({ text: this.#field.value, parts: this.#parts } = this.#drafts.get(conversation) ?? { text: "", parts: [] });
      this.#changed();
    }
    this.node.hidden = !usable;
    this.#button.textContent = label;
  }

  #submit() {
    const text = this.#field.value.trim();
    if (!text || characters(text) > this.#limit) return;
    const parts = this.#parts;
    this.#field.value = "";
    this.#changed();
    this.#send(text, parts);
    this.focus();
  }

  #changed() {
    if (!this.#field.value.trim()) this.#parts = [];
    this.#drawBelow();
    const left = this.#limit - characters(this.#field.value.trim());
    this.#count.hidden = left > NEARLY;
    this.#count.textContent = left < 0 ? fill(strings.over, { n: digits(-left) }) : fill(strings.left, { n: digits(left) });
    this.#field.setAttribute("aria-invalid", String(left < 0));
  }

  #drawBelow() {
    this.#below.hidden = this.#parts.length === 0;
    if (this.#below.hidden) return;
    const kinds = new Set(this.#parts.map(({ type }) => strings[`below_${type}`] ?? type));
    const leaveOut = () => {
      this.#parts = [];
      this.#drawBelow();
      this.focus();
    };
    this.#below.replaceChildren(
      element("span", { role: "status" }, fill(strings.sent_with_it, { parts: [...kinds].join(" · ") })),
      " ",
      element("button", { type: "button", class: "desk-small", onclick: leaveOut }, strings.leave_out),
    );
  }
}
