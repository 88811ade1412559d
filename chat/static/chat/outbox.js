// The messages of a tab that wait for the server, in the browser's storage. They survive a reload.

export class Outbox {
  #entry;
  #own = new Set(); // the ids of ours

  /** entry: {read(), write(text)}. */
  constructor(entry) {
    this.#entry = entry;
  }

  /** What an earlier page of this tab could not send: {id, text, at} each. It is ours from now on. */
  take() {
    const found = this.#read();
    this.#own = new Set(found.map(({ id }) => id));
    return found;
  }

  /** Keep these messages of ours, and no others. */
  keep(messages) {
    if (messages.length === this.#own.size && messages.every(({ id }) => this.#own.has(id))) return;
    const others = this.#read().filter(({ id }) => !this.#own.has(id));
    const all = [...others, ...messages.map(({ id, text, at }) => ({ id, text, at }))];
    all.sort((one, other) => one.at.localeCompare(other.at));
    this.#own = new Set(messages.map(({ id }) => id));
    // Old libraries give all arrays of a page a toJSON that makes a text of them.
    this.#entry.write(all.length ? JSON.stringify(Object.assign(all, { toJSON: undefined })) : "");
  }

  /** Another chat on the page may have added some. */
  #read() {
    try {
      return JSON.parse(this.#entry.read() ?? "[]").filter(({ id, text, at }) => id && text && at);
    } catch {
      return []; // not written by the chat
    }
  }
}
