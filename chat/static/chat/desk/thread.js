// The conversation in the middle. Messages are drawn once; who reads above keeps their place.

import { fill, locale, strings } from "../strings.js";
import { parse, sameDay } from "../times.js";
import { element } from "../view/dom.js";
import { drawMessage } from "../view/parts.js";
import { drawnParts } from "./store.js";

const NEAR = 4; // pixels from the end that still count as being there
const EARLY = 200; // pixels from the beginning where older messages are fetched

/** Only the visitor presses them. */
function withoutButtons(node) {
  for (const button of node.querySelectorAll("button")) button.replaceWith(element("span", { class: "desk-chip" }, button.textContent));
}

export class Thread {
  #times = new Intl.DateTimeFormat(locale(), { hour: "numeric", minute: "2-digit" });
  #exact = new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeStyle: "medium" });
  #days = new Intl.DateTimeFormat(locale(), { weekday: "long", day: "numeric", month: "long", year: "numeric" });
  #context;
  #list = element("ol", { class: "desk-messages" });
  #earlier = element("button", { type: "button", class: "desk-earlier", hidden: true }, strings.earlier);
  #typing = element("p", { class: "desk-typing", hidden: true });
  #follows = true;
  #conversation = null;
  #drawn = new Map(); // seq or id -> element

  /** context: {server, earlier(), retry(id), discard(id)}. */
  constructor(context) {
    this.#context = context;
    this.#earlier.addEventListener("click", context.earlier);
    this.node = element(
      "div",
      { class: "desk-thread", tabindex: "0", role: "region", "aria-label": strings.messages },
      this.#earlier,
      this.#list,
      this.#typing,
    );
    this.node.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.node;
      this.#follows = scrollHeight - clientHeight - scrollTop <= NEAR;
      if (!this.#follows && scrollTop < EARLY) context.earlier();
    });
    new ResizeObserver(() => this.#follows && this.toEnd()).observe(this.#list);
  }

  get follows() {
    return this.#follows;
  }

  toEnd() {
    this.#follows = true;
    this.node.scrollTop = this.node.scrollHeight;
  }

  update({ open, pending }) {
    if (open?.conversation !== this.#conversation) {
      this.#conversation = open?.conversation ?? null;
      this.#drawn.clear();
      this.#list.replaceChildren();
      this.#follows = true;
    }
    if (!open) return;
    const height = this.node.scrollHeight;
    const own = pending.filter(({ conversation }) => conversation === open.conversation);
    const grewAbove = this.#place(open.messages, own);
    this.#earlier.hidden = !open.more;
    this.#earlier.textContent = open.loading ? strings.loading : strings.earlier;
    this.#typing.hidden = open.typing === null;
    this.#typing.textContent = open.typing === null ? "" : fill(strings.typing, { sender: strings[open.typing] ?? "" });
    if (this.#follows) this.toEnd();
    else if (grewAbove) this.node.scrollTop += this.node.scrollHeight - height;
  }

  /** Put each message into its place; return whether there are new ones before those that were there. */
  #place(messages, own) {
    const first = this.#list.firstElementChild;
    const kept = new Set();
    let place = first;
    let previous = null;
    for (const message of [...messages, ...own]) {
      const key = message.seq ?? `${message.id} ${message.error?.code ?? ""}`;
      kept.add(key);
      if (!this.#drawn.has(key)) this.#drawn.set(key, message.seq ? this.#draw(message) : this.#drawPending(message));
      const node = this.#drawn.get(key);
      this.#nameDay(node, parse(message.at), parse(previous?.at));
      if (node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(node, place);
      previous = message;
    }
    for (const [key, node] of this.#drawn) {
      if (kept.has(key)) continue;
      node.remove();
      this.#drawn.delete(key);
    }
    return first !== null && first !== this.#list.firstElementChild;
  }

  #draw({ seq, sender, message, parts, at, name, intent, outcome, confidence }) {
    const who = name || strings[sender] || sender;
    const bubbles = drawMessage({ text: message, parts: parts ?? [], language: null }, { server: this.#context.server, say() {} });
    const node = this.#frame(sender, who, at, bubbles);
    node.dataset.seq = seq;
    withoutButtons(node);
    const facts = [outcome && outcome !== "answered" ? strings[`outcome_${outcome}`] ?? outcome : null, intent, confidence?.toFixed(2)];
    const text = facts.filter(Boolean).join(" · ");
    if (text) node.append(element("p", { class: "desk-reply-facts" }, text));
    return node;
  }

  #drawPending(own) {
    const { id, text, at, error } = own;
    const bubbles = drawMessage({ text, parts: drawnParts(own), language: null }, { server: this.#context.server, say() {} });
    const node = this.#frame("operator", strings.you, at, bubbles);
    withoutButtons(node);
    node.dataset.state = error ? "failed" : "sending";
    const small = (label, run) => element("button", { type: "button", class: "desk-small", onclick: () => run(id) }, label);
    node.append(
      element("p", { class: "desk-state" },
        error ? fill(strings.not_sent, { reason: error.message }) : strings.sending,
        ...(error ? [" ", small(strings.retry, this.#context.retry), " ", small(strings.delete, this.#context.discard)] : []),
      ),
    );
    return node;
  }

  #frame(sender, who, at, bubbles) {
    const date = parse(at);
    return element(
      "li",
      { class: "desk-message", "data-sender": sender },
      element("p", { class: "desk-day", hidden: true }),
      element("p", { class: "desk-who" },
        element("bdi", {}, who),
        " · ",
        date ? element("time", { datetime: date.toISOString(), title: this.#exact.format(date) }, this.#times.format(date)) : null,
      ),
      ...bubbles,
    );
  }

  #nameDay(node, at, before) {
    const day = node.firstElementChild;
    day.hidden = !at || (before && sameDay(at, before));
    day.textContent = day.hidden ? "" : this.#days.format(at);
  }
}
