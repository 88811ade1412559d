// What is known of the visitor, on the right.

import { element } from "../view/dom.js";
import { languageName } from "./words.js";

const moments = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class Aside {
  #facts = element("dl", { class: "chat-facts" });
  #link = element("a", {}, "Transcript, search and history");
  #config;
  #shown = "";
  bar = element("span", {});

  /** config: {transcript: the address of a transcript, with 0 for its key}. */
  constructor({ config }) {
    this.#config = config;
    this.node = element("aside", { class: "desk-aside", "aria-label": "The visitor" }, element("h2", {}, "The visitor"), this.#facts, element("p", {}, this.#link));
  }

  update({ open }) {
    this.node.hidden = open === null;
    if (!open) return;
    const facts = [
      ["Language", languageName(open.row.language)],
      ["Site", open.row.site],
      ["Page", open.origin],
      ["Began", moments.format(new Date(open.began))],
      ["Messages", String(open.messages.at(-1)?.seq ?? 0)],
    ];
    const shown = JSON.stringify([open.conversation, facts]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#facts.replaceChildren(
      ...facts.filter(([, value]) => value).map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", { dir: "auto" }, value))),
    );
    this.#link.hidden = !this.#config.transcript;
    this.#link.href = this.#config.transcript.replace("/0/", `/${open.key}/`);
  }
}
