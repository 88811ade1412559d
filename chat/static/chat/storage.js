// What the browser keeps. Private windows and strict settings forbid it; then nothing is kept, and nothing breaks.

function entry(area, key) {
  return {
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
    },
  };
}

export const storage = {
  token: entry("localStorage", "chatbot-widget.token"),
  draft: entry("sessionStorage", "chatbot-widget.draft"),
};
