// The messages on the screen. Only what changed is touched; the reader's place is kept.

import { count, fill, strings } from "../strings.js";
import { element, icon, unseen } from "./dom.js";
import { drawMessage } from "./parts.js";

const NEAR = 2; // pixels from the end that still count as being there

const hour = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });

function time(at) {
  const date = new Date(at ?? NaN);
  if (Number.isNaN(date.getTime())) return null;
  const today = date.toDateString() === new Date().toDateString();
  return element(
    "time",
    { dir: "auto", datetime: date.toISOString(), title: exact.format(date) },
    (today ? hour : day).format(date),
  );
}

export class Log {
  #context;
  #list = element("ol", { part: "log", role: "list" });
  #typing = element("div", { part: "typing", hidden: true }, ...[1, 2, 3].map(() => element("i")));
  #empty = element("p", { part: "empty", dir: "auto" }, strings.empty);
  #note = element("p", { part: "note", dir: "auto", hidden: true });
  #pill = element("button", { type: "button", part: "pill", hidden: true, onclick: () => this.#goToEnd() });
  #below = 0; // messages of others that came while the reader was above
  #earlier;
  #entries = new Map();
  #shown = [];
  #follows = true;

  /** context: {server: address for the paths of images, say(text), retry(id), edit(id), earlier()}. */
  constructor(context) {
    this.#context = context;
    this.#earlier = element("button", { type: "button", part: "earlier", hidden: true, onclick: context.earlier });
    this.node = element(
      "div",
      { part: "scroller", role: "region", "aria-label": strings.conversation, tabindex: "0" },
      this.#earlier,
      this.#empty,
      this.#list,
      this.#typing,
      this.#note,
      this.#pill,
    );
    this.node.addEventListener("scroll", () => {
      const { scrollTop, scrollHeight, clientHeight } = this.node;
      this.#follows = scrollHeight - clientHeight - scrollTop <= NEAR;
      if (this.#follows) this.#countBelow(0);
    });
    // What grows (a picture that arrives, the typing dots) and what shrinks the window on it (the keyboard).
    const observer = new ResizeObserver(() => this.#follows && this.toEnd());
    for (const node of [this.node, this.#list, this.#typing, this.#note]) observer.observe(node);
  }

  toEnd() {
    this.#follows = true;
    this.#countBelow(0);
    this.node.scrollTop = this.node.scrollHeight;
  }

  /** Count messages of others that have just been placed, where the reader can't see them. */
  arrived(messages) {
    if (!this.#follows) this.#countBelow(this.#below + messages);
  }

  #goToEnd() {
    this.node.focus(); // the button goes
    this.toEnd();
  }

  #countBelow(messages) {
    if (messages === this.#below) return;
    this.#below = messages;
    this.#pill.hidden = messages === 0;
    this.#pill.textContent = count(strings.below, messages);
  }

  update({ messages, more, loadingEarlier, typing, note, connection }) {
    if (messages !== this.#shown) this.#place(messages);
    if (!more && this.node.getRootNode().activeElement === this.#earlier) this.node.focus();
    this.#earlier.hidden = !more;
    this.#earlier.textContent = loadingEarlier ? strings.loading : strings.earlier;
    this.#earlier.setAttribute("aria-disabled", String(loadingEarlier));
    this.#empty.hidden = messages.length > 0 || connection === "idle" || connection === "connecting";
    this.#typing.hidden = typing === null;
    this.#note.hidden = note === null;
    this.#note.textContent = note ?? "";
    if (this.#follows) this.toEnd();
  }

  #place(messages) {
    const known = this.#shown;
    this.#shown = messages;
    const first = known.length ? this.#entries.get(known[0].key).node : null;
    const firstAt = first?.getBoundingClientRect().top;
    const kept = new Set(messages.map((message) => message.key));
    for (const { key } of known) if (!kept.has(key)) this.#remove(key);

    let place = this.#list.firstElementChild;
    for (const message of messages) {
      const entry = this.#entries.get(message.key) ?? this.#add(message);
      if (entry.message !== message) this.#change(entry, message);
      if (entry.node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(entry.node, place);
    }

    const last = messages.at(-1);
    const mine = last?.sender === "visitor" && last.state === "sending" && !known.some(({ key }) => key === last.key);
    if (mine) this.#follows = true;
    // Older messages push the others down; whoever reads there stays with the line that was being read.
    if (!this.#follows && first?.isConnected) this.node.scrollTop += first.getBoundingClientRect().top - firstAt;
  }

  #remove(key) {
    this.#entries.get(key).node.remove();
    this.#entries.delete(key);
  }

  #add(message) {
    const bubbles = drawMessage(message, this.#context);
    const status = element("div", { class: "status" });
    const node = element(
      "li",
      { part: "message", "data-sender": message.sender, hidden: bubbles.length === 0 },
      unseen(fill(strings.says, { sender: strings.sender[message.sender], text: "" })),
      ...bubbles,
      status,
    );
    const entry = { node, status, message: null };
    this.#entries.set(message.key, entry);
    return entry;
  }

  #change(entry, message) {
    entry.message = message;
    entry.node.dataset.state = message.state;
    if (message.seq !== null) entry.node.dataset.seq = message.seq;
    entry.status.replaceChildren(...this.#status(message).filter(Boolean));
  }

  #status({ id, sender, at, state, error }) {
    if (sender !== "visitor") return [time(at)];
    if (state === "sending") return [time(at), element("span", { part: "state" }, strings.sending)];
    if (state === "sent") {
      return [time(at), element("span", { part: "state" }, icon("m5 12.5 4.5 4.5L19 7.5"), unseen(strings.sent))];
    }
    const reason = element("span", { part: "state", dir: "auto" }, error.text ?? strings.unacknowledged);
    const press = error.temporary
      ? element("button", { type: "button", part: "retry", onclick: () => this.#context.retry(id) }, strings.retry)
      : element("button", { type: "button", part: "edit", onclick: () => this.#context.edit(id) }, strings.edit);
    return [reason, press];
  }
}
