// One socket that reconnects by itself. The socket, the clock and random numbers are passed in, so that tests control them.

import { mayReturn, ping } from "./protocol.js";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const HEARTBEAT = 25_000;
const ANSWER = 10_000;
const OPEN = 1;

/** Milliseconds to wait after `failures` failed attempts: random, below a limit that doubles. */
export function backOff(failures, random) {
  const ceiling = Math.min(LONGEST_WAIT, 2 * FIRST_WAIT * 2 ** failures);
  return FIRST_WAIT + random() * (ceiling - FIRST_WAIT);
}

export class Connection {
  #openSocket;
  #clock;
  #random;
  #on;
  #socket = null;
  #settled = false;
  #failures = 0;
  #retry = null;
  #beat = null;
  #deadline = null;

  /**
   * openSocket: () => a WebSocket. clock: {setTimeout, clearTimeout}, in milliseconds.
   * on: {open(), data(text), lost(wait), trying(), stopped()}. After `lost` it reconnects by itself, in `wait` milliseconds,
   * and calls `trying`. After `stopped` it doesn't.
   */
  constructor({ openSocket, clock, random, on }) {
    this.#openSocket = openSocket;
    this.#clock = clock;
    this.#random = random;
    this.#on = on;
  }

  /** Connect now, unless there is a socket. If it isn't due yet, the visitor asked for it, and a failure doesn't count. */
  start(isDue) {
    if (this.#socket) return;
    if (this.#retry !== null) {
      this.#on.trying();
      if (!isDue) this.#failures -= 1;
    }
    this.#clearTimers();
    let socket;
    try {
      socket = this.#openSocket();
    } catch {
      // A page's policy can forbid the address. To the visitor that is the same as a server that can't be reached.
      this.#lose();
      return;
    }
    this.#socket = socket;
    this.#expectAnswer();
    socket.onopen = () => this.#on.open();
    socket.onmessage = ({ data }) => {
      this.#answered();
      this.#on.data(data);
    };
    socket.onclose = ({ code }) => this.#lose(code);
  }

  stop() {
    // Closing a socket that is still connecting would log an error in the page's console.
    this.#drop(this.#socket?.readyState !== OPEN);
  }

  /** Stop at once, since this page may hear no more of a socket that is on its way. */
  cut() {
    this.#drop();
  }

  /** The network is away: a socket that still looks open is lost. */
  fail() {
    if (this.#socket) this.#lose();
  }

  send(text) {
    if (this.#socket?.readyState === OPEN) this.#socket.send(text);
  }

  /** The server has greeted: forget failures and begin the heartbeat. */
  settle() {
    this.#settled = true;
    this.#failures = 0;
    this.#scheduleBeat();
  }

  /** The network or the visitor is back: connect at once, or check that the socket still works. */
  wake() {
    if (this.#retry !== null) this.start();
    else this.check();
  }

  /** Send a ping. If no answer comes in time, the socket counts as lost. */
  check() {
    if (!this.#settled || this.#deadline !== null) return;
    this.send(ping());
    this.#expectAnswer();
  }

  #scheduleBeat() {
    this.#clock.clearTimeout(this.#beat);
    this.#beat = this.#clock.setTimeout(() => {
      this.check();
      this.#scheduleBeat();
    }, HEARTBEAT);
  }

  #expectAnswer() {
    this.#deadline = this.#clock.setTimeout(() => this.#lose(), ANSWER);
  }

  #answered() {
    this.#clock.clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  #lose(code = 1006) {
    this.#drop();
    if (!mayReturn(code)) {
      this.#on.stopped();
      return;
    }
    const wait = backOff(this.#failures, this.#random);
    this.#retry = this.#clock.setTimeout(() => this.start(true), wait);
    this.#failures += 1;
    this.#on.lost(wait);
  }

  #drop(onceOpen) {
    this.#clearTimers();
    this.#settled = false;
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onmessage = socket.onclose = null;
    socket.onopen = () => socket.close();
    if (!onceOpen) socket.close();
  }

  #clearTimers() {
    for (const timer of [this.#retry, this.#beat, this.#deadline]) this.#clock.clearTimeout(timer);
    this.#retry = this.#beat = this.#deadline = null;
  }
}
