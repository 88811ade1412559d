// The operator's field. A draft is kept for each conversation.

import { characters } from "../protocol.js";
import { element } from "../view/dom.js";
import { Suggestions } from "./suggestions.js";

const NEARLY = 100; // characters before the limit from where the count is shown

export class Composer {
  #drafts = new Map();
  #conversation = null;
  #limit = Infinity;
  #send;
  #field;
  #count = element("p", { class: "desk-left", id: "desk-left", hidden: true });
  #button = element("button", { class: "default" }, "Send");
  #suggestions;

  /** send(text), type(): the operator types. */
  constructor({ send, type }) {
    this.#send = send;
    this.#field = element("textarea", {
      id: "desk-field",
      rows: "2",
      dir: "auto",
      "aria-label": "Your message",
      "aria-describedby": "desk-left",
      placeholder: "Write to the visitor… (/ for ready-made answers)",
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
      choose: (text) => {
        this.#field.value = text;
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
      if (this.#conversation) this.#drafts.set(this.#conversation, this.#field.value);
      this.#conversation = conversation;
      this.#field.value = this.#drafts.get(conversation) ?? "";
      this.#changed();
    }
    this.node.hidden = !usable;
    this.#button.textContent = label;
  }

  #submit() {
    const text = this.#field.value.trim();
    if (!text || characters(text) > this.#limit) return;
    this.#field.value = "";
    this.#changed();
    this.#send(text);
    this.focus();
  }

  #changed() {
    const left = this.#limit - characters(this.#field.value.trim());
    this.#count.hidden = left > NEARLY;
    this.#count.textContent = left < 0 ? `Too long by ${-left}.` : `Characters left: ${left}`;
    this.#field.setAttribute("aria-invalid", String(left < 0));
  }
}
