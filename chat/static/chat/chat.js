// One conversation without its display: the visitor's actions and the server's frames become states.

import { Connection } from "./connection.js";
import { Outbox } from "./outbox.js";
import * as protocol from "./protocol.js";
import { arrived, initial, isUnconfirmed, lastSeen, reduce, waiting } from "./state.js";

const ACKNOWLEDGE = 10_000;
const TYPING = 20_000;
const TYPING_OVER = 500; // before the dots disappear without a reply, so that they never flash
const LOST = 1_000; // A visitor doesn't see a connection that is lost for less than a second.
const SLOW = 4_000; // before a first connection that neither opens nor fails is shown as lost
const ATTEMPTS = 5; // that fail before a page that never had a connection says that it can't have one
const MOST_WAITING = 20;
const SECOND = 1_000;
const TYPING_EVERY = 3_000;
const NEW = "new"; // in the place of a conversation's name, from the moment when a tab begins one until the server names it

export class Chat {
  #state = initial;
  #connection;
  #clock;
  #now;
  #newId;
  #storage;
  #language;
  #timeZone;
  #on;
  #token = null; // if the browser stores nothing
  #greeted = false; // since this socket opened
  #met = false; // since this page was loaded
  #attempts = 0; // that failed before the first meeting
  #acknowledge = new Map();
  #typing = null;
  #typedAt = -Infinity;
  #losing = null;
  #patience; // milliseconds that #losing waits
  #outbox;
  #completing = []; // callers that wait for the whole conversation
  #held = null; // the browser's conversation when hello was sent

  /**
   * storage: {token, conversation, seen, outbox}, each {read(), write(text)}. now: () => Date. language: () => a tag, or
   * null for the browser's own. on: {change(state, previous), arrival(messages of others that are new), forgotten()}.
   */
  constructor({ openSocket, clock, random, now, newId, storage, language, timeZone, on }) {
    this.#clock = clock;
    this.#now = now;
    this.#newId = newId;
    this.#storage = storage;
    this.#outbox = new Outbox(storage.outbox);
    this.#language = language;
    this.#timeZone = timeZone;
    this.#on = on;
    this.#connection = new Connection({
      openSocket,
      clock,
      random,
      on: {
        open: () => this.#hello(),
        data: (data) => this.#receive(data),
        lost: (wait) => this.#lost(wait),
        trying: () => this.#dispatch({ type: "retrying", at: null }),
        stopped: () => this.#stopped(),
      },
    });
    for (const { id, text, at } of this.#outbox.take()) this.#dispatch({ type: "say", id, text, at });
  }

  get state() {
    return this.#state;
  }

  /** Whether to connect before the visitor opens the chat: there is a conversation, or a message waits. */
  get known() {
    return this.#storage.token.read() !== null || this.#state.messages.length > 0;
  }

  start() {
    this.notice();
    this.#dispatch({ type: "connecting" });
    if (!this.#greeted) this.#loseIn(SLOW);
    this.#connection.start();
  }

  stop() {
    this.#connection.stop();
    this.#rest();
  }

  /** The page is left, and the browser may keep it as it is. */
  leave() {
    this.#connection.cut();
    this.#rest();
  }

  #rest() {
    this.#forgetTimers();
    this.#greeted = false;
    this.#dispatch({ type: "typed" });
  }

  /** Connect again, because the language or the conversation has changed. */
  renew() {
    if (this.#state.connection === "idle") return;
    this.stop();
    this.start();
  }

  wake() {
    if (!this.notice()) this.#connection.wake();
  }

  /** The browser says that there is no network. Without this it may take minutes until the socket closes. */
  offline() {
    this.#connection.fail();
  }

  /** Show the visitor's message at once and send it when the server listens. False if too many already wait. */
  say(text) {
    this.notice();
    if (waiting(this.#state).length >= MOST_WAITING) return false;
    const id = this.#newId();
    this.#typedAt = -Infinity;
    this.#dispatch({ type: "say", id, text, at: this.#now().toISOString() });
    this.#transmit({ id, text });
    return true;
  }

  /** The visitor types. Only an operator sees it. */
  type() {
    const now = this.#now().getTime();
    if (this.#state.status !== "operator" || now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
    this.#connection.send(protocol.typing());
  }

  retry(id) {
    if (this.notice()) return;
    this.#dispatch({ type: "retry", id });
    this.#transmit(this.#state.messages.find((message) => message.id === id));
  }

  /** Take back a message that the server refused. */
  discard(id) {
    this.#acknowledged(id);
    this.#dispatch({ type: "discard", id });
  }

  /** Ask for the page before the first message shown. */
  earlier() {
    const first = this.#state.messages.find((message) => message.seq !== null)?.seq;
    if (!first || !this.#greeted || !this.#state.more || this.#state.loadingEarlier) return;
    this.#dispatch({ type: "earlier" });
    this.#connection.send(protocol.history(first));
  }

  /** Fetch all pages, as far as the connection allows. Resolves to the messages. */
  complete() {
    return new Promise((resolve) => {
      this.#completing.push(resolve);
      this.#completeFurther();
    });
  }

  /** Rate a reply: "up", "down", or null to take it back. False if there is no connection. */
  rate(seq, value) {
    if (!this.#greeted) return false;
    this.#dispatch({ type: "rate", seq, value });
    this.#connection.send(protocol.feedback(seq, value));
    return true;
  }

  /** The visitor has looked at everything. */
  look() {
    const seq = Math.max(this.#state.seen, ...this.#state.messages.map((message) => message.seq ?? 0));
    if (seq === this.#state.seen) return;
    this.#dispatch({ type: "seen", seq });
    this.#storage.seen.write(`${this.#state.conversation} ${seq}`);
  }

  /** End the conversation. False if there is no connection. */
  end() {
    if (this.#greeted) this.#connection.send(protocol.end());
    return this.#greeted;
  }

  /** Begin a new conversation. Messages that were not acknowledged move into it. */
  begin() {
    this.#storage.conversation.write(NEW);
    this.#storage.token.write("");
    this.#token = null;
    this.stop();
    this.#dispatch({ type: "begin" });
    this.start();
  }

  /** Forget the visitor: all that was said here, and what the browser holds of it. Leave the connection. */
  forget() {
    this.stop();
    this.#token = null;
    this.#met = false;
    this.#dispatch({ type: "forget" }); // before another chat on the page hears of it, and forgets, too
    this.#completed();
    // The conversation first, which who follows looks for.
    for (const entry of ["conversation", "token", "seen", "outbox"]) this.#storage[entry].write("");
    this.#on.forgotten();
  }

  /** Whether the browser has lost what it held of this conversation: the application may have logged somebody out. */
  notice() {
    const held = this.#storage.token.read() ?? this.#storage.conversation.read() ?? this.#token;
    const isForgotten = this.#state.conversation !== null && held === null;
    if (isForgotten) this.forget();
    return isForgotten;
  }

  /** Another tab has looked, has begun a conversation, or has forgotten the visitor. */
  follow() {
    if (this.notice()) return;
    const stored = this.#storage.conversation.read();
    if (stored === this.#state.conversation) {
      this.#dispatch({ type: "seen", seq: Math.max(this.#state.seen, this.#storedSeen(stored) ?? 0) });
    } else if (stored !== null && stored !== NEW) {
      if (this.#greeted) this.renew();
      else this.start();
    }
  }

  #dispatch(action) {
    const previous = this.#state;
    this.#state = reduce(previous, action);
    if (this.#state === previous) return;
    if (this.#state.messages !== previous.messages) this.#outbox.keep(waiting(this.#state));
    this.#on.change(this.#state, previous);
  }

  /** How far the visitor has read, before anything is shown. An old conversation without a record counts as read. */
  #seenOf({ conversation, resumed, seq }) {
    if (conversation === this.#state.conversation) return this.#state.seen;
    return this.#storedSeen(conversation) ?? (resumed ? seq : 0);
  }

  #storedSeen(conversation) {
    const [stored, seq] = (this.#storage.seen.read() ?? "").split(" ");
    return stored === conversation ? Number(seq) : null;
  }

  #completeFurther() {
    if (this.#completing.length) this.earlier();
    if (!this.#state.loadingEarlier) this.#completed();
  }

  /** What the server refused without reading it is asked for again. */
  #resume() {
    if (!this.#greeted) return;
    this.#transmitAll();
    this.#completeFurther();
  }

  #transmitAll() {
    for (const message of this.#state.messages) {
      if (message.state === "sending") this.#transmit(message);
      if (isUnconfirmed(message)) this.#connection.send(protocol.feedback(message.seq, message.feedback));
    }
  }

  #completed() {
    for (const resolve of this.#completing.splice(0)) resolve(this.#state.messages);
  }

  /** What another tab has stored counts: it may have begun a new conversation. */
  #hello() {
    if (this.notice()) return;
    const token = this.#storage.token.read() ?? this.#token;
    this.#held = this.#storage.conversation.read();
    const known = token !== null && (this.#held ?? this.#state.conversation) === this.#state.conversation;
    const after = known ? lastSeen(this.#state.messages) : 0;
    this.#connection.send(protocol.hello({ token, after, language: this.#language(), timeZone: this.#timeZone }));
  }

  #receive(data) {
    const frame = protocol.parse(data);
    if (frame === null) return;
    const before = this.#state.messages;
    const missed = frame.type === "ready" && this.#met && frame.resumed;
    const seen = frame.type === "ready" ? this.#seenOf(frame) : null;
    if (frame.type === "ready" && this.#isElsewhere(frame.conversation)) {
      if (!this.notice()) this.renew();
      return;
    }
    this.#dispatch({ type: "frame", frame: { ...frame, seen } });
    if (frame.type === "message" || missed) {
      const news = arrived(before, this.#state.messages);
      if (news.length) this.#on.arrival(news);
    }
    if (frame.type === "ready") this.#ready(frame);
    if (frame.type === "ack") this.#acknowledged(frame.id);
    if (frame.type === "error" && frame.id) {
      this.#acknowledged(frame.id);
      this.#endTyping(TYPING_OVER);
    }
    if (frame.type === "typing") this.#endTyping(TYPING);
    if (frame.type !== "error") this.#completeFurther();
    else if (frame.retryAfter && !frame.id) this.#clock.setTimeout(() => this.#resume(), frame.retryAfter * SECOND);
    else if (!frame.id) this.#completed();
  }

  #ready({ token, conversation }) {
    this.#storage.token.write(token);
    this.#storage.conversation.write(conversation); // when this changes, the other tabs read the token
    this.#token = this.#storage.token.read() === token ? null : token;
    if (this.#greeted) return;
    this.#greeted = this.#met = true;
    this.#attempts = 0;
    this.#clock.clearTimeout(this.#losing);
    this.#losing = null;
    this.#connection.settle();
    this.#dispatch({ type: "resend" });
    this.#transmitAll();
  }

  /** Whether another tab has begun a new conversation since hello was sent here. */
  #isElsewhere(conversation) {
    const stored = this.#storage.conversation.read();
    return stored !== this.#held && stored !== conversation;
  }

  #transmit({ id, text }) {
    if (!this.#greeted) {
      this.start(); // does nothing if a socket is open, and `ready` sends what waits
      return;
    }
    this.#connection.send(protocol.message(id, text));
    this.#clock.clearTimeout(this.#acknowledge.get(id));
    this.#acknowledge.set(
      id,
      this.#clock.setTimeout(() => {
        this.#acknowledge.delete(id);
        this.#dispatch({ type: "unacknowledged", id });
        this.#connection.check();
      }, ACKNOWLEDGE),
    );
  }

  #acknowledged(id) {
    this.#clock.clearTimeout(this.#acknowledge.get(id));
    this.#acknowledge.delete(id);
  }

  #endTyping(wait) {
    this.#clock.clearTimeout(this.#typing);
    this.#typing = this.#clock.setTimeout(() => this.#dispatch({ type: "typed" }), wait);
  }

  #lost(wait) {
    this.#greeted = false;
    this.#forgetTimers({ keepLosing: true });
    this.#endTyping(TYPING_OVER);
    this.#dispatch({ type: "retrying", at: this.#now().getTime() + wait });
    this.#loseIn(LOST);
    if (!this.#met) this.#attempts += 1;
    if (this.#attempts >= ATTEMPTS) this.#dispatch({ type: "unreachable" });
    this.#completeFurther();
  }

  #loseIn(wait) {
    if (this.#losing !== null && wait >= this.#patience) return;
    this.#clock.clearTimeout(this.#losing);
    this.#patience = wait;
    this.#losing = this.#clock.setTimeout(() => this.#dispatch({ type: "lost" }), wait);
  }

  #stopped() {
    this.#greeted = false;
    this.#forgetTimers();
    this.#endTyping(TYPING_OVER);
    this.#dispatch({ type: "stopped" });
  }

  #forgetTimers({ keepLosing = false } = {}) {
    for (const timer of [this.#typing, ...this.#acknowledge.values()]) this.#clock.clearTimeout(timer);
    this.#acknowledge.clear();
    this.#typing = null;
    if (keepLosing) return;
    this.#clock.clearTimeout(this.#losing);
    this.#losing = null;
  }
}
