// The desk without its looks: what the operator does and what the server sends become states.

import { Connection } from "../connection.js";
import { initial, lastSeen, mayAnswer, reduce } from "./store.js";

const TYPING_SHOWN = 6_000; // after which a typing side has stopped
const TYPING_EVERY = 3_000;
const BOTS_EVERY = 5_000;

export class Session {
  #state = initial;
  #connection;
  #clock;
  #now;
  #newId;
  #storage;
  #on;
  #typing = null;
  #typedAt = -Infinity;
  #bots = null;
  #watchesBots = false;

  /**
   * storage: {outbox, seen}, each {read(), write(text)}. now: () => Date. on: {change(state, previous), refused()}: a
   * connection was lost or refused, which the browser can't tell apart.
   */
  constructor({ openSocket, clock, random, now, newId, storage, on }) {
    this.#clock = clock;
    this.#now = now;
    this.#newId = newId;
    this.#storage = storage;
    this.#on = on;
    this.#connection = new Connection({
      openSocket,
      clock,
      random,
      on: {
        open: () => this.#send({ type: "hello" }),
        data: (data) => this.#receive(JSON.parse(data)),
        lost: () => {
          this.#dispatch({ type: "lost" });
          this.#on.refused();
        },
        trying: () => {},
        stopped: () => this.#dispatch({ type: "stopped" }),
      },
    });
  }

  get state() {
    return this.#state;
  }

  /** Take up what an earlier page of this tab could not send, and connect. */
  start() {
    for (const own of stored(this.#storage.outbox, [])) this.#dispatch({ type: "say", ...own });
    this.follow();
    this.#connection.start();
  }

  wake() {
    this.#connection.wake();
  }

  offline() {
    this.#connection.fail();
  }

  /** The account may not use the desk any more. */
  stop() {
    this.#connection.stop();
    this.#dispatch({ type: "stopped" });
  }

  open(conversation) {
    this.#send({ type: "open", conversation });
  }

  leave() {
    this.#dispatch({ type: "leave" });
  }

  earlier() {
    const { open } = this.#state;
    if (!open?.more || open.loading || this.#state.connection !== "ready") return;
    this.#dispatch({ type: "loading" });
    this.#send({ type: "history", conversation: open.conversation, before: open.messages[0].seq });
  }

  /** type: "take", "give_back" or "close". False if the connection is lost. */
  act(type, fields = {}) {
    if (this.#state.connection !== "ready") return false;
    this.#send({ type, conversation: this.#state.open.conversation, ...fields });
    return true;
  }

  /** Ask who else has an open desk. */
  askColleagues() {
    this.#send({ type: "colleagues" });
  }

  /** False if the connection is lost. */
  note(text) {
    return this.act("note", { text });
  }

  setAway(away) {
    this.#send({ type: "presence", away });
  }

  /** parts: what comes below the text. */
  say(text, parts = []) {
    const own = {
      id: this.#newId(),
      conversation: this.#state.open.conversation,
      text,
      parts,
      at: this.#now().toISOString(),
      error: null,
    };
    this.#typedAt = -Infinity;
    this.#dispatch({ type: "say", ...own });
    this.#transmit(own);
  }

  retry(id) {
    this.#dispatch({ type: "retry", id });
    this.#transmit(this.#state.pending.find((own) => own.id === id));
  }

  discard(id) {
    this.#dispatch({ type: "discard", id });
  }

  /** The operator types an answer to the open conversation. */
  type() {
    const now = this.#now().getTime();
    if (now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
    this.act("typing");
  }

  /** The operator has looked at all of the open conversation. */
  look() {
    const { open } = this.#state;
    if (open?.messages.length) {
      this.#dispatch({ type: "look", conversation: open.conversation, seq: open.messages.at(-1).seq });
    }
  }

  /** Another tab of the operator's has looked. */
  follow() {
    this.#dispatch({ type: "seen", seen: stored(this.#storage.seen, {}) });
  }

  /** Show the bot's conversations, or no longer. */
  watchBots(watches) {
    this.#watchesBots = watches;
    this.#clock.clearTimeout(this.#bots);
    if (!watches) return;
    if (this.#state.connection === "ready") this.#send({ type: "bots" });
    this.#bots = this.#clock.setTimeout(() => this.watchBots(this.#watchesBots), BOTS_EVERY);
  }

  #receive(frame) {
    if (frame.type === "ready") this.#connection.settle();
    this.#dispatch({ type: "frame", frame });
    if (frame.type === "ready") this.#resume();
    if (frame.type === "opened") this.#readBeside(frame);
    if (frame.type === "note") this.#readNotes(frame.conversation);
    if (frame.type === "typing") {
      this.#clock.clearTimeout(this.#typing);
      this.#typing = this.#clock.setTimeout(() => this.#dispatch({ type: "typed" }), TYPING_SHOWN);
    }
  }

  /** After each connection: go on where the last one ended. */
  #resume() {
    const { open, pending } = this.#state;
    // First what isn't acknowledged. If it is stored already, its ack comes before `opened` shows it.
    for (const own of pending) if (!own.error || own.error.temporary) this.#transmit(own);
    if (open) this.#send({ type: "open", conversation: open.conversation, after: lastSeen(open) });
    if (this.#watchesBots) this.#send({ type: "bots" });
  }

  /** What belongs beside a conversation that has just been opened. */
  #readBeside({ conversation, language }) {
    this.#readNotes(conversation);
    if (mayAnswer(this.#state)) this.#send({ type: "suggestions", language });
  }

  #readNotes(conversation) {
    if (this.#state.operator.rights.includes("view_note")) this.#send({ type: "notes", conversation });
  }

  #transmit({ id, conversation, text, parts = [] }) {
    this.#send({ type: "message", conversation, id, message: text, ...(parts.length && { parts }) });
  }

  #send(frame) {
    this.#connection.send(JSON.stringify(frame));
  }

  #dispatch(action) {
    const previous = this.#state;
    this.#state = reduce(previous, action);
    if (this.#state === previous) return;
    if (this.#state.pending !== previous.pending) this.#storage.outbox.write(JSON.stringify(this.#state.pending));
    if (this.#state.seen !== previous.seen && action.type !== "seen") this.#keepSeen();
    this.#on.change(this.#state, previous);
  }

  /** Only of what is in a list, so that it doesn't grow for ever. */
  #keepSeen() {
    const kept = new Set([...this.#state.rows.map((row) => row.conversation), this.#state.open?.conversation]);
    const seen = Object.entries({ ...stored(this.#storage.seen, {}), ...this.#state.seen });
    this.#storage.seen.write(JSON.stringify(Object.fromEntries(seen.filter(([conversation]) => kept.has(conversation)))));
  }
}

function stored(entry, otherwise) {
  try {
    return JSON.parse(entry.read()) ?? otherwise;
  } catch {
    return otherwise; // somebody else wrote it
  }
}
