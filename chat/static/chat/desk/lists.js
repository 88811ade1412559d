// The lists of conversations on the left.

import { count, fill, strings } from "../strings.js";
import { element } from "../view/dom.js";
import { isMine, lists, unread } from "./store.js";
import { digits, languageName, since } from "./words.js";

const TICK = 10_000;

export class Lists {
  #sections = {};
  #choose;
  #state = null;

  /** choose(conversation): open it. watchBots(watches): the bot's list was opened or closed. */
  constructor({ choose, watchBots }) {
    this.#choose = choose;
    const section = (name, ...attributes) => {
      const count = element("span", { class: "desk-count" });
      const none = element("p", { class: "desk-none" }, strings[`none_${name}`]);
      const rows = element("ul", {});
      this.#sections[name] = { count, none, rows };
      return [count, none, rows, ...attributes];
    };
    const plain = (name) => {
      const [count, none, rows] = section(name);
      return element(
        "section",
        { class: "desk-list", "data-list": name, "aria-labelledby": `desk-${name}` },
        element("h2", { id: `desk-${name}` }, strings[`list_${name}`], " ", count),
        none,
        rows,
      );
    };
    const [count, none, rows] = section("bots");
    none.hidden = true;
    const bots = element(
      "details",
      { class: "desk-list", "data-list": "bots", ontoggle: ({ target }) => watchBots(target.open) },
      element("summary", {}, strings.list_bots),
      none,
      rows,
    );
    count.hidden = true;
    this.node = element("nav", { class: "desk-lists", "aria-label": strings.conversations }, ...["waiting", "mine", "others"].map(plain), bots);
    setInterval(() => this.#state && this.update(this.#state), TICK);
  }

  update(state) {
    this.#state = state;
    const shown = lists(state);
    const held = this.node.contains(document.activeElement) && document.activeElement.closest("li")?.dataset.conversation;
    for (const [name, rows] of Object.entries(shown)) {
      const section = this.#sections[name];
      const all = name === "waiting" ? Math.max(state.waiting, rows.length) : rows.length;
      section.count.textContent = all ? digits(all) : "";
      section.none.hidden = name === "bots" || rows.length > 0;
      this.#place(section.rows, rows, state);
    }
    // A row that moves to another place or list loses the focus.
    if (held) this.node.querySelector(`[data-conversation="${held}"] button`)?.focus();
  }

  #place(list, rows, state) {
    const known = new Map([...list.children].map((node) => [node.dataset.conversation, node]));
    let place = list.firstElementChild;
    for (const row of rows) {
      const node = known.get(row.conversation) ?? this.#draw(row);
      known.delete(row.conversation);
      this.#fill(node, row, state);
      if (node === place) place = place.nextElementSibling;
      else list.insertBefore(node, place);
    }
    for (const node of known.values()) node.remove();
  }

  #draw({ conversation }) {
    const button = element("button", { type: "button", class: "desk-row", onclick: () => this.#choose(conversation) },
      element("span", { class: "desk-words", dir: "auto" }),
      element("span", { class: "desk-unread" }),
      element("span", { class: "desk-facts" }),
    );
    return element("li", { "data-conversation": conversation }, button);
  }

  #fill(node, row, state) {
    const button = node.firstElementChild;
    const [words, badge, facts] = button.children;
    const news = unread(state, row);
    const parts = [
      row.status === "waiting" ? fill(strings.waits, { time: since(row.since ?? row.at) }) : null,
      row.status === "operator" && !isMine(state, row) ? row.by || strings.somebody : null,
      languageName(row.language),
      row.site,
    ];
    tell(words, row.words || strings.no_words);
    tell(facts, parts.filter(Boolean).join(" · "));
    tell(badge, news ? digits(Math.min(news, 99)) : "");
    badge.hidden = news === 0;
    if (news) badge.setAttribute("aria-label", count(strings.unread, news));
    if (state.open?.conversation === row.conversation) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}

function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
