// A clock that stands still until it is moved, and a network whose sockets do what the test says.

export class FakeClock {
  #now = 0;
  #timers = new Map();
  #next = 1;

  setTimeout = (run, wait) => {
    this.#timers.set(this.#next, { run, at: this.#now + wait });
    return this.#next++;
  };

  clearTimeout = (timer) => this.#timers.delete(timer);

  move(milliseconds) {
    const until = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= until).sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.#now = due[1].at;
      due[1].run();
    }
    this.#now = until;
  }
}

class FakeSocket {
  readyState = 0;
  sent = [];
  closed = false;

  send(text) {
    if (this.readyState !== 1) throw new Error("InvalidStateError");
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
    this.readyState = 3;
  }

  // What the other side does:
  accept() {
    this.readyState = 1;
    this.onopen?.();
  }

  deliver(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  end(code) {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

export class FakeNetwork {
  sockets = [];

  open = () => {
    const socket = new FakeSocket();
    this.sockets.push(socket);
    return socket;
  };

  get last() {
    return this.sockets.at(-1);
  }
}

export const ready = (fields = {}) => ({
  type: "ready",
  token: "token-1",
  conversation: "conversation-1",
  language: "en",
  resumed: true,
  seq: 0,
  status: "bot",
  messages: [],
  more: false,
  limits: { message_characters: 256, frame_bytes: 65536 },
  ...fields,
});

export const stored = (seq, text, fields = {}) => ({
  seq,
  sender: "bot",
  id: null,
  message: text,
  parts: [{ type: "text", text }],
  in_reply_to: null,
  at: "2026-01-02T03:04:05.678Z",
  ...fields,
});
