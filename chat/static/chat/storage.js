// What the browser stores. Private windows and strict settings forbid it. Then nothing is stored, but all else works.

/** Has a "storage" event if this page writes. The window has one if the browser's other pages write. */
export const written = new EventTarget();

function entry(area, key) {
  return {
    key,
    /** The text, or null if there is none. */
    read() {
      try {
        return window[area].getItem(key);
      } catch {
        return null;
      }
    },
    /** Store the text. An empty one is removed. */
    write(text) {
      try {
        if (text) window[area].setItem(key, text);
        else window[area].removeItem(key);
      } catch {
        // nothing is stored
      }
      written.dispatchEvent(Object.assign(new Event("storage"), { key }));
    },
  };
}

/** What is stored for the chat of a server: for the whole browser, and for one tab. */
export function storageFor(server) {
  const name = (what) => `chatbot-widget.${what}@${(server.host + server.pathname).slice(0, -1)}`;
  return {
    token: entry("localStorage", name("token")),
    conversation: entry("localStorage", name("conversation")), // the token's conversation: the token itself changes
    seen: entry("localStorage", name("seen")), // "conversation seq": up to where the visitor has read
    sound: entry("localStorage", name("sound")), // "on" or nothing
    closed: entry("sessionStorage", name("closed")), // "closed" if the visitor has closed the chat, or nothing
    dismissed: entry("sessionStorage", name("dismissed")), // the key of the message whose preview was put away
    draft: entry("sessionStorage", name("draft")),
    outbox: entry("sessionStorage", name("outbox")), // JSON: [{id, text, at}] of what was not acknowledged
  };
}
