// The operator's field. A draft is kept for each conversation.

import { characters } from "../protocol.js";
import { element } from "../view/dom.js";

const NEARLY = 100; // characters before the limit from where the count is shown

export class Composer {
  #drafts = new Map();
  #conversation = null;
  #limit = Infinity;
  #send;
  #field;
  #count = element("p", { class: "desk-left", id: "desk-left", hidden: true });
  #button = element("button", { class: "default" }, "Send");

  /** send(text), type(): the operator types. */
  constructor({ send, type }) {
    this.#send = send;
    this.#field = element("textarea", {
      id: "desk-field",
      rows: "2",
      dir: "auto",
      "aria-label": "Your message",
      "aria-describedby": "desk-left",
      placeholder: "Write to the visitor…",
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
    this.node = element(
      "form",
      {
        class: "desk-composer",
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      this.#field,
      this.#button,
      this.#count,
    );
  }

  get field() {
    return this.#field;
  }

  focus() {
    this.#field.focus();
  }

  /** Put words into the field, at its end. */
  insert(text) {
    this.#field.value = [this.#field.value.trim(), text].filter(Boolean).join("\n");
    this.#changed();
    this.focus();
  }

  update({ open, maxCharacters }, usable, label) {
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
