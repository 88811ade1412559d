// What is known of the visitor, and the notes of colleagues, on the right.

import { locale, strings } from "../strings.js";
import { element } from "../view/dom.js";
import { digits, languageName } from "./words.js";

export class Aside {
  #moments = new Intl.DateTimeFormat(locale(), { dateStyle: "medium", timeStyle: "short" });
  #facts = element("dl", { class: "chat-facts" });
  #link = element("a", {}, strings.transcript);
  #earlier = element("ul", { class: "desk-earlier-ones" });
  #others = element("section", {}, element("h2", {}, strings.earlier_ones), this.#earlier);
  #notes = element("ul", { class: "desk-notes" });
  #field;
  #form;
  #section;
  #config;
  #shown = "";

  /** config: {transcript: the address of a transcript, with 0 for its key}. note(text): keep it; false if that fails. */
  constructor({ config, note }) {
    this.#config = config;
    this.#field = element("textarea", { rows: "2", dir: "auto", "aria-label": strings.note_field, maxlength: "4000" });
    this.#form = element(
      "form",
      {
        onsubmit: (event) => {
          event.preventDefault();
          const text = this.#field.value.trim();
          if (text && note(text)) this.#field.value = "";
        },
      },
      this.#field,
      element("button", {}, strings.add_note),
    );
    this.#section = element("section", {}, element("h2", {}, strings.notes), this.#notes, this.#form);
    this.node = element(
      "aside",
      { class: "desk-aside", "aria-label": strings.about },
      element("h2", {}, strings.about),
      this.#facts,
      element("p", {}, this.#link),
      this.#others,
      this.#section,
    );
  }

  update({ open, operator }) {
    this.node.hidden = open === null;
    if (!open) return;
    this.#section.hidden = !operator.rights.includes("view_note");
    this.#form.hidden = !operator.rights.includes("add_note");
    const facts = [
      [strings.fact_language, languageName(open.row.language)],
      [strings.fact_site, open.row.site],
      [strings.fact_page, open.origin],
      [strings.fact_began, this.#moments.format(new Date(open.began))],
      [strings.fact_messages, digits(open.messages.at(-1)?.seq ?? 0)],
      [strings.fact_address, open.row.address],
    ];
    const shown = JSON.stringify([open.conversation, facts, open.notes, open.earlier]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#facts.replaceChildren(...facts.filter(([, value]) => value).map(([name, value]) => this.#fact(name, value)));
    this.#notes.replaceChildren(...open.notes.map((note) => this.#note(note)));
    this.#link.hidden = !this.#config.transcript;
    this.#link.href = this.#transcript(open.key);
    this.#others.hidden = !this.#config.transcript || !open.earlier.length;
    this.#earlier.replaceChildren(...open.earlier.map((one) => this.#conversation(one)));
  }

  #transcript(key) {
    return this.#config.transcript.replace("/0/", `/${key}/`);
  }

  #conversation({ key, words, at }) {
    const link = element("a", { href: this.#transcript(key), dir: "auto" }, words || strings.no_words);
    return element("li", {}, link, element("p", { class: "desk-who" }, this.#moments.format(new Date(at))));
  }

  #fact(name, value) {
    const text = name === strings.fact_address ? element("a", { href: `mailto:${value}` }, value) : value;
    return element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" }, text));
  }

  #note({ by, text, at }) {
    const head = element("p", { class: "desk-who" }, element("bdi", {}, by || strings.deleted_account), ` · ${this.#moments.format(new Date(at))}`);
    return element("li", {}, head, element("p", { class: "desk-note-text", dir: "auto" }, text));
  }
}
