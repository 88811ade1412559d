// What the browser keeps. Private windows and strict settings forbid it; then nothing is kept, and nothing breaks.

/** Has a "storage" event for what this page writes; the window has one for what the browser's other pages write. */
export const written = new EventTarget();

function entry(area, key) {
  return {
    key,
    /** The text, or null where there is none. */
    read() {
      try {
        return window[area].getItem(key);
      } catch {
        return null;
      }
    },
    /** Keep the text; an empty one is removed. */
    write(text) {
      try {
        if (text) window[area].setItem(key, text);
        else window[area].removeItem(key);
      } catch {
        // nothing is kept
      }
      written.dispatchEvent(Object.assign(new Event("storage"), { key }));
    },
  };
}

/** What is kept for the chat of a server: for the whole browser, and for one tab. */
export function storageFor(server) {
  const name = (what) => `chatbot-widget.${what}@${server.host}`;
  return {
    token: entry("localStorage", name("token")),
    conversation: entry("localStorage", name("conversation")), // which one the token opens: tokens are issued anew
    seen: entry("localStorage", name("seen")), // "conversation seq": up to where the visitor has read
    sound: entry("localStorage", name("sound")), // "on" or nothing
    draft: entry("sessionStorage", name("draft")),
    outbox: entry("sessionStorage", name("outbox")), // JSON: [{id, text, at}] of what was not acknowledged
  };
}
