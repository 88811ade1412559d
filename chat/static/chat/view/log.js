// The messages on the screen. Only what changed is touched, and the reader's place is kept.

import { called, count, fill, sentence, strings } from "../strings.js";
import { parse, sameDay } from "../times.js";
import { Clock } from "./clock.js";
import { element, icon, unseen } from "./dom.js";
import { drawMessage } from "./parts.js";

const NEAR = 2; // pixels from the end that still count as being there
const EARLY = 200; // pixels from the beginning where older messages are fetched
const REPLIES = ["bot", "operator"]; // whose messages can be rated
const GROUP = 5 * 60_000; // messages of one sender within this time are grouped

export class Log {
  #context;
  #clock = new Clock();
  #pointer = ""; // the type of the one that was used last
  #list = element("ol", {
    part: "log",
    role: "list",
    onpointerup: ({ pointerType }) => (this.#pointer = pointerType),
    onclick: (event) => this.#tapped(event),
  });
  #typing = element("div", { part: "typing", hidden: true }, ...[1, 2, 3].map(() => element("i")));
  #empty = element("div", { part: "empty" });
  #note = element("p", { part: "note", dir: "auto", hidden: true });
  #pill = element("button", { type: "button", part: "pill", hidden: true, onclick: () => this.#goToEnd() });
  #below = 0; // messages of others that came while the reader was above
  #earlier;
  #makeActions = null; // once the chat was opened
  #latest = null; // the last reply's node
  #entries = new Map();
  #messages = []; // as they were at the last update
  #shown = []; // those that have something to show
  #connected = true;
  #follows = true;
  #top = 0; // the last scroll position

  /**
   * context: {server: address for the paths of images, say(text), retry(id), discard(id), edit(id), earlier(), and what
   * `makeActions` asks for}.
   */
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
      const { scrollTop } = this.node;
      // Only scrolling up leaves the end. The end may have moved since the scrolling that this event reports.
      if (this.#isAtEnd || scrollTop < this.#top) this.#follows = this.#isAtEnd;
      this.#top = scrollTop;
      if (this.#follows) this.#countBelow(0);
      else if (scrollTop < EARLY) context.earlier();
    });
    // The content grows (a picture, the typing dots), or the window on it shrinks (the keyboard).
    const observer = new ResizeObserver(() => this.#follows && this.toEnd());
    for (const node of [this.node, this.#list, this.#typing, this.#note]) observer.observe(node);
  }

  /**
   * A finger can't hover: a tap shows a message's exact time and its buttons, and another one hides them. Not before the
   * click, which would press the button that appears under the finger.
   */
  #tapped({ target }) {
    if (this.#pointer !== "touch" || target.closest("a, button, summary")) return;
    target.closest("[part=message]")?.toggleAttribute("data-exact");
  }

  /** Update how long ago messages were sent. */
  refresh() {
    this.#clock.refresh();
  }

  /** Show this as long as there are no messages. */
  greet(...nodes) {
    this.#empty.replaceChildren(...nodes);
  }

  /** makeActions(context, message): the buttons below a reply, {node, update(message)}. */
  equip(makeActions) {
    this.#makeActions = makeActions;
    for (const entry of this.#entries.values()) this.#equipOne(entry);
  }

  #equipOne(entry) {
    const { message, node, status } = entry;
    if (!this.#makeActions || !node || !message || !REPLIES.includes(message.sender) || message.apology) return;
    if (!entry.actions) {
      entry.actions = this.#makeActions(this.#context, message);
      status.append(entry.actions.node);
    }
    entry.actions.update(message);
  }

  get #isAtEnd() {
    const { scrollTop, scrollHeight, clientHeight } = this.node;
    return scrollHeight - clientHeight - scrollTop <= NEAR;
  }

  /** Whether the reader is at the end. */
  get follows() {
    return this.#follows;
  }

  toEnd() {
    this.#follows = true;
    this.#countBelow(0);
    this.node.scrollTop = this.node.scrollHeight;
    this.#top = this.node.scrollTop;
  }

  /** Show a message, the first unread one, at the top, or as far up as possible. */
  to({ key }) {
    const { node } = this.#entries.get(key);
    const align = () => {
      this.node.scrollTop += node.getBoundingClientRect().top - this.node.getBoundingClientRect().top;
      this.#follows = this.#isAtEnd; // the scroll event comes only after the next update
    };
    align();
    requestAnimationFrame(() => requestAnimationFrame(align)); // when those above are drawn, so that their heights are known
  }

  /** Scroll by nearly a window's height: -1 up, 1 down. */
  page(direction) {
    this.node.scrollBy({ top: direction * 0.9 * this.node.clientHeight });
  }

  /** Messages of others have been added: count those that the reader can't see, and show a long one from its top. */
  arrived(messages) {
    if (!this.#follows) this.#countBelow(this.#below + messages.length);
    else if (this.#entries.get(messages[0].key).node.offsetHeight > this.node.clientHeight) this.to(messages[0]);
  }

  #goToEnd() {
    this.node.focus(); // the button disappears
    this.toEnd();
  }

  #countBelow(messages) {
    if (messages === this.#below) return;
    this.#below = messages;
    this.#pill.hidden = messages === 0;
    this.#pill.textContent = count(strings.below, messages);
  }

  update({ messages, more, loadingEarlier, typing, note, connection, status }) {
    this.node.toggleAttribute("data-closed", status === "closed");
    const connected = connection !== "lost";
    if (messages !== this.#messages || connected !== this.#connected) this.#place(messages, connected);
    if (!more && this.node.getRootNode().activeElement === this.#earlier) this.node.focus();
    this.#earlier.hidden = !more;
    this.#earlier.textContent = loadingEarlier ? strings.loading : strings.earlier;
    this.#earlier.setAttribute("aria-disabled", String(loadingEarlier));
    this.#empty.hidden = this.#shown.length > 0 || connection === "idle" || connection === "connecting";
    this.#typing.hidden = typing === null;
    this.#note.hidden = note === null;
    this.#note.textContent = note === null ? "" : sentence(note);
    if (this.#follows) this.toEnd();
  }

  #place(messages, connected) {
    const known = this.#shown;
    this.#messages = messages;
    this.#shown = messages.filter((message) => this.shows(message));
    const first = known.length ? this.#entries.get(known[0].key).node : null;
    const firstAt = first?.getBoundingClientRect().bottom; // not its top: the day above it may move up
    const kept = new Set(messages.map((message) => message.key));
    for (const key of this.#entries.keys()) if (!kept.has(key)) this.#remove(key);

    // The last message is always laid out. Its known height stays when it isn't the last one any more.
    const tail = this.#list.lastElementChild;
    const goesOn = this.#shown.at(-1)?.key !== known.at(-1)?.key;
    if (tail && goesOn) tail.style.containIntrinsicBlockSize = `auto ${tail.offsetHeight}px`;
    let place = this.#list.firstElementChild;
    let previous = null;
    for (const message of this.#shown) {
      const entry = this.#entries.get(message.key);
      const again = connected !== this.#connected && message.state === "sending";
      if (entry.message !== message || again) this.#change(entry, message, connected);
      if (entry.previous !== previous) this.#follow(entry, previous);
      if (entry.node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(entry.node, place);
      previous = message;
    }
    this.#connected = connected;
    const reply = this.#shown.findLast(({ sender }) => REPLIES.includes(sender));
    const latest = reply ? this.#entries.get(reply.key).node : null;
    if (latest !== this.#latest) this.#latest?.removeAttribute("data-latest");
    latest?.toggleAttribute("data-latest", true);
    this.#latest = latest;

    const last = this.#shown.at(-1);
    const mine = last?.sender === "visitor" && last.state === "sending" && !known.some(({ key }) => key === last.key);
    if (mine) this.#follows = true;
    // Older messages push the others down. The reader stays at the same line.
    if (!this.#follows && first?.isConnected) this.node.scrollTop += first.getBoundingClientRect().bottom - firstAt;
  }

  #remove(key) {
    this.#entries.get(key).node?.remove();
    this.#entries.delete(key);
  }

  /** Whether a message has anything to show. */
  shows(message) {
    return (this.#entries.get(message.key) ?? this.#add(message)).node !== null;
  }

  #add(message) {
    const bubbles = drawMessage(message, this.#context);
    const facts = element("span", { class: "facts" });
    const status = element("div", { class: "status" }, facts);
    const day = element("p", { part: "day", dir: "auto", hidden: true });
    const sender = unseen(fill(strings.says, { sender: called(message), text: "" }));
    // A screen reader has it in `sender`.
    const named = message.sender === "operator" && message.name;
    const name = named ? element("p", { part: "name", dir: "auto", "aria-hidden": "true" }, message.name) : null;
    const attributes = { part: "message", "data-sender": message.sender };
    const node = bubbles.length ? element("li", attributes, day, sender, name, ...bubbles, status) : null;
    const entry = { node, day, status, facts, message: null, previous: undefined, since: null, actions: null };
    this.#entries.set(message.key, entry);
    return entry;
  }

  /** What depends on the message before: the day above the first of each day, and whether the two are grouped. */
  #follow(entry, previous) {
    entry.previous = previous;
    const [at, before] = [parse(entry.message.at), parse(previous?.at)];
    // Never backwards: the visitor's clock may be wrong until the server has sent its time.
    const begins = at !== null && (before === null || (at > before && !sameDay(at, before)));
    this.#clock.nameDay(entry.day, begins ? at : null);
    const since = previous && this.#entries.get(previous.key).since;
    const { sender, name } = entry.message;
    const same = previous?.sender === sender && previous.name === name;
    const follows = !begins && same && at - since < GROUP;
    entry.since = follows ? since : at;
    entry.node.toggleAttribute("data-follows", follows);
  }

  #change(entry, message, connected) {
    entry.message = message;
    entry.node.dataset.state = message.state;
    if (message.seq !== null) entry.node.dataset.seq = message.seq;
    entry.facts.replaceChildren(...this.#facts(message, connected).filter(Boolean));
    this.#equipOne(entry);
  }

  #facts({ id, sender, at, state, error }, connected) {
    if (state === "failed") return this.#failure(id, error);
    const time = this.#clock.draw(at);
    if (sender !== "visitor") return [time];
    if (state === "sending") {
      return [time, element("span", { part: "state" }, connected ? strings.sending : strings.waiting)];
    }
    const tick = icon("m5 12.5 4.5 4.5L19 7.5");
    return [time, element("span", { part: "state" }, tick, unseen(strings.sent))];
  }

  #failure(id, error) {
    const press = (part, label, run) => element("button", { type: "button", part, onclick: () => run(id) }, label);
    return [
      element("span", { part: "state", dir: "auto" }, sentence(error)),
      error.temporary
        ? press("retry", strings.retry, this.#context.retry)
        : press("edit", strings.edit, this.#context.edit),
      press("delete", strings.delete, this.#context.discard),
    ];
  }
}
