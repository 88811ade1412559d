// The field, its count and the button. It knows the limit of a text, and passes on only texts that can be sent.

import { characters, isEmpty } from "../protocol.js";
import { fill, strings } from "../strings.js";
import { element, icon } from "./dom.js";

const NEARLY = 50; // characters before the limit, or its last fifth, where the count is shown

export class Composer {
  #limit = null;
  #draft;
  #send;
  #announce;
  #type;
  #recall;
  #page;
  #field;
  #grow;
  #count = element("p", { part: "count", id: "count", hidden: true });
  #button;
  #over = false;

  /**
   * draft: {read(), write(text)}. send(text): whether it was taken. announce(text) says a sentence to a screen reader.
   * recall(): the visitor's last words, or null. page(direction) scrolls the conversation.
   */
  constructor({ draft, send, type, announce, recall, page }) {
    this.#draft = draft;
    this.#send = send;
    this.#type = type;
    this.#announce = announce;
    this.#recall = recall;
    this.#page = page;
    this.#field = element("textarea", {
      part: "field",
      rows: "1",
      dir: "auto",
      "aria-label": strings.field,
      placeholder: strings.placeholder,
      enterkeyhint: "send",
      autocomplete: "off",
      oninput: () => {
        this.#changed();
        if (this.#field.value) this.#type();
      },
      onkeydown: (event) => this.#key(event),
    });
    // The field is as high as its text: an invisible copy of the text stretches the cell that both share.
    this.#grow = element("div", { class: "grow" }, this.#field);
    const arrow = icon("M12 19V5", "M5.5 11.5 12 5l6.5 6.5");
    this.#button = element("button", { part: "send", "aria-label": strings.send }, arrow);
    this.node = element(
      "form",
      {
        class: "composer",
        onsubmit: (event) => {
          event.preventDefault();
          this.#submit();
        },
      },
      this.#count,
      element("div", { class: "line" }, this.#grow, this.#button),
    );
    this.set(draft.read() ?? "");
  }

  get value() {
    return this.#field.value;
  }

  set(text) {
    this.#field.value = text;
    this.#changed();
  }

  limit(maxCharacters) {
    if (maxCharacters === this.#limit) return;
    this.#limit = maxCharacters;
    this.#changed();
  }

  focus() {
    this.#field.focus();
  }

  #key(event) {
    // 229: Safari ends a composition before it reports the Enter that ended it.
    if (event.isComposing || event.keyCode === 229) return;
    const empty = this.#field.value === "";
    const whole = this.#field.scrollHeight <= this.#field.clientHeight;
    if (event.key === "Enter" && !event.shiftKey) this.#submit();
    else if (empty && event.key === "ArrowUp") this.set(this.#recall() ?? "");
    else if (whole && event.key === "PageUp") this.#page(-1);
    else if (whole && event.key === "PageDown") this.#page(1);
    else return;
    event.preventDefault();
  }

  #submit() {
    const text = this.#field.value.trim();
    if (this.#over) this.#announce(this.#count.textContent);
    else if (!isEmpty(text) && this.#send(text)) this.set("");
    this.#field.focus();
  }

  /** Show a text above the field, until the visitor writes or `untell` is called. */
  tell(text) {
    this.#count.hidden = false;
    this.#count.textContent = text;
    this.#count.classList.add("over");
    this.#field.setAttribute("aria-describedby", "count");
    this.#announce(text);
  }

  untell() {
    this.#changed();
  }

  #changed() {
    const { value } = this.#field;
    const text = value.trim();
    this.#draft.write(value);
    this.#grow.dataset.text = value;
    const left = this.#limit === null ? Infinity : this.#limit - characters(text);
    const over = left < 0;
    this.#count.hidden = left > Math.max(NEARLY, this.#limit / 5);
    this.#count.textContent = over ? fill(strings.over, { n: -left }) : fill(strings.left, { n: left });
    this.#count.classList.toggle("over", over);
    if (over !== this.#over) this.#announce(over ? this.#count.textContent : "");
    this.#over = over;
    this.#field.setAttribute("aria-invalid", String(over));
    if (this.#count.hidden) this.#field.removeAttribute("aria-describedby");
    else this.#field.setAttribute("aria-describedby", "count");
    this.#button.setAttribute("aria-disabled", String(isEmpty(text) || over));
  }
}
