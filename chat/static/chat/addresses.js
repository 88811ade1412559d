// Which addresses from a reply may become a link or an image. All others stay text, or nothing.

const LINKS = ["http:", "https:", "mailto:", "tel:"];
const IMAGES = ["http:", "https:"];

function allowed(text, schemes, base) {
  try {
    const url = new URL(/^www\./i.test(text) ? `https://${text}` : text, base);
    return schemes.includes(url.protocol) ? url.href.replaceAll(" ", "%20") : null;
  } catch {
    return null;
  }
}

/**
 * The address for a link, or null. It must be whole: a path would mean another place on every page. Blanks in it are
 * encoded, and "www." in front stands for "https://www.".
 */
export const linkAddress = (text) => allowed(text, LINKS);

/** The address for an image, or null: a complete one, or a path on the chat's own server, which may be below a path itself. */
export const imageAddress = (text, server) =>
  /^\/[^/]/.test(text) ? allowed("." + text, IMAGES, server) : allowed(text, IMAGES);

export const opensTab = (address) => /^https?:/.test(address);

// Punctuation of any language is no part of an address: quotation marks, and other scripts' marks for . , ; and ?
const ADDRESSES = /https?:\/\/[^\s<>"«»\u201c-\u201f…،؛؟\u3000-\u303f\uff00-\uffef]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;
const PAIRS = { ")": "(", "]": "[" };

/** A text as pieces, in order: {text}, and {text, address} for complete web and e-mail addresses in it. */
export function pieces(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(ADDRESSES)) {
    const shown = trimmed(match[0]);
    const address = linkAddress(shown.includes("://") ? shown : `mailto:${shown}`);
    if (address === null) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: shown, address });
    end = match.index + shown.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

/** Without the sentence's punctuation at the end. A closing bracket belongs to the address if it was opened in it. */
function trimmed(address) {
  let text = address;
  for (;;) {
    const last = text.at(-1);
    const own = PAIRS[last] && text.split(PAIRS[last]).length >= text.split(last).length;
    if (!/[.,:;!?'’”»)\]*_~]/u.test(last) || own) return text;
    text = text.slice(0, -1);
  }
}
