// One conversation without its looks: what the visitor does and what the server sends become states.

import { Connection } from "./connection.js";
import * as protocol from "./protocol.js";
import { arrived, initial, lastSeen, reduce } from "./state.js";

const ACKNOWLEDGE = 10_000;
const TYPING = 20_000;
const LOST = 1_000; // a connection that is back within a second was never away, to the visitor

export class Chat {
  #state = initial;
  #connection;
  #clock;
  #now;
  #newId;
  #storage;
  #language;
  #on;
  #token = null;
  #greeted = false; // since this socket opened
  #met = false; // since this page was loaded
  #acknowledge = new Map();
  #typing = null;
  #losing = null;

  /**
   * storage: {token: {read(), write(text)}}. now: () => Date. language: () => a tag, or null for the browser's own.
   * on: {change(state, previous), arrival(messages of others that are new)}.
   */
  constructor({ openSocket, clock, random, now, newId, storage, language, on }) {
    this.#clock = clock;
    this.#now = now;
    this.#newId = newId;
    this.#storage = storage;
    this.#language = language;
    this.#on = on;
    this.#connection = new Connection({
      openSocket,
      clock,
      random,
      on: {
        open: () => this.#hello(),
        data: (data) => this.#receive(data),
        lost: () => this.#lost(),
        stopped: () => this.#stopped(),
      },
    });
  }

  get state() {
    return this.#state;
  }

  /** Whether this browser has a conversation to come back to. */
  get known() {
    return this.#storage.token.read() !== null;
  }

  start() {
    this.#dispatch({ type: "connecting" });
    this.#connection.start();
  }

  stop() {
    this.#forgetTimers();
    this.#greeted = false;
    this.#connection.stop();
  }

  wake() {
    this.#connection.wake();
  }

  /** Show the visitor's words at once and send them as soon as the server listens. */
  say(text) {
    const id = this.#newId();
    this.#dispatch({ type: "say", id, text, at: this.#now().toISOString() });
    this.#transmit({ id, text });
  }

  retry(id) {
    this.#dispatch({ type: "retry", id });
    this.#transmit(this.#state.messages.find((message) => message.id === id));
  }

  /** Take back a message that the server refused. */
  discard(id) {
    this.#dispatch({ type: "discard", id });
  }

  /** Ask for the page before the first message shown. */
  earlier() {
    const first = this.#state.messages.find((message) => message.seq !== null)?.seq;
    if (!first || !this.#greeted || this.#state.loadingEarlier) return;
    this.#dispatch({ type: "earlier" });
    this.#connection.send(protocol.history(first));
  }

  #dispatch(action) {
    const previous = this.#state;
    this.#state = reduce(previous, action);
    if (this.#state !== previous) this.#on.change(this.#state, previous);
  }

  #hello() {
    const stored = this.#storage.token.read() ?? this.#token;
    // Another tab may have begun a new conversation meanwhile: what was seen here says nothing about that one.
    const after = stored === this.#token ? lastSeen(this.#state.messages) : 0;
    this.#token = stored;
    this.#connection.send(protocol.hello({ token: stored, after, language: this.#language() }));
  }

  #receive(data) {
    const frame = protocol.parse(data);
    if (frame === null) return;
    const before = this.#state.messages;
    const missed = frame.type === "ready" && this.#met && frame.resumed;
    this.#dispatch({ type: "frame", frame });
    if (frame.type === "message" || missed) {
      const news = arrived(before, this.#state.messages);
      if (news.length) this.#on.arrival(news);
    }
    if (frame.type === "ready") this.#ready(frame);
    if (frame.type === "ack") this.#acknowledged(frame.id);
    if (frame.type === "error" && frame.id) this.#acknowledged(frame.id);
    if (frame.type === "typing") this.#expectReply();
  }

  #ready({ token }) {
    this.#token = token;
    this.#storage.token.write(token);
    if (this.#greeted) return;
    this.#greeted = this.#met = true;
    this.#clock.clearTimeout(this.#losing);
    this.#losing = null;
    this.#connection.settle();
    this.#dispatch({ type: "resend" });
    for (const message of this.#state.messages) if (message.state === "sending") this.#transmit(message);
  }

  #transmit({ id, text }) {
    if (!this.#greeted) {
      this.start(); // does nothing while a socket is there; `ready` sends what waits
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

  #expectReply() {
    this.#clock.clearTimeout(this.#typing);
    this.#typing = this.#clock.setTimeout(() => this.#dispatch({ type: "typed" }), TYPING);
  }

  #lost() {
    this.#greeted = false;
    this.#forgetTimers({ keepLosing: true });
    this.#dispatch({ type: "typed" });
    this.#losing ??= this.#clock.setTimeout(() => this.#dispatch({ type: "lost" }), LOST);
  }

  #stopped() {
    this.#greeted = false;
    this.#forgetTimers();
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
