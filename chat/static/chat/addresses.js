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

const BEGINNING = /https?:\/\/|(?<![\p{L}\p{N}.+_-])[\w.+-]+@/giu;
const USER = /[\w.~%+-]*(?::[\w.~!$&*+=%-]*)?@/y;
const NUMBERED = /\[[\da-f:.]+\]/iy; // a host of IPv6
const PORT = /:\d+/y;
const PAIRS = { ")": "(", "]": "[" };

/**
 * A text as pieces, in order: {text}, and {text, address} for whole web and e-mail addresses in it. The time that it
 * takes grows with the text's length and no faster, whatever is in it.
 */
export function pieces(text) {
  const found = [];
  let end = 0;
  BEGINNING.lastIndex = 0;
  for (let match; (match = BEGINNING.exec(text)); ) {
    const [beginning] = match;
    const mail = beginning.endsWith("@");
    const from = match.index + beginning.length;
    const shown = trimmed(text.slice(match.index, mail ? endOfHost(text, from) : endOfAddress(text, from)));
    const whole = mail ? shown.slice(beginning.length).includes(".") : shown.length > beginning.length;
    const address = whole ? linkAddress(mail ? `mailto:${shown}` : shown) : null;
    if (address === null) continue;
    if (match.index > end) found.push({ text: text.slice(end, match.index) });
    found.push({ text: shown, address });
    BEGINNING.lastIndex = end = match.index + shown.length;
  }
  if (end < text.length) found.push({ text: text.slice(end) });
  return found;
}

/** Where what the pattern finds at this place ends; the place itself if it finds nothing. */
function endOf(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

function endOfAddress(text, from) {
  const host = endOf(USER, text, from);
  const port = endOf(NUMBERED, text, host);
  const path = endOf(PORT, text, port > host ? port : endOfHost(text, host));
  return /[/?#]/.test(text.charAt(path)) ? endOfPath(text, path) : path;
}

// Many languages put no blank between an address and the next word. The word's script shows where it begins.
const SCRIPTS = (
  "Latn Arab Armn Beng Cyrl Deva Ethi Geor Grek Gujr Guru Hang HaniHiraKanaBopo Hebr Khmr Knda Laoo Mlym Mymr Orya Sinh " +
  "Taml Telu Thaa Thai Tibt"
)
  .split(" ")
  .map((codes) => new RegExp(`[${codes.replace(/.{4}/g, "\\p{sc=$&}")}]`, "u")); // words of Japanese are made of several
const LATIN = 0;
const scripts = new Map();

/** The script of a letter or digit, as a number; null for any other character. */
function scriptOf(character) {
  if (character < "\x80") return /[a-z]/i.test(character) ? LATIN : null;
  if (!/[\p{L}\p{N}]/u.test(character)) return null;
  if (!scripts.has(character)) scripts.set(character, SCRIPTS.findIndex((script) => script.test(character)));
  return scripts.get(character);
}

/** What goes on with the word before: marks on its letters, signs of length and repetition, digits of its own. */
const JOINS = /[\p{M}\p{Lm}\u200c\u200d\u0660-\u0669\u06f0-\u06f9]/u;

/** A part of a host between two dots has one script. */
function endOfHost(text, from) {
  let word = null;
  let at = from;
  while (at < text.length) {
    const character = String.fromCodePoint(text.codePointAt(at));
    const script = scriptOf(character);
    if (character === ".") word = null;
    else if (script !== null) word ??= script;
    else if (!/[\d_%-]/.test(character) && !JOINS.test(character)) break;
    if (script !== null && script !== word && !JOINS.test(character)) break;
    at += character.length;
  }
  return at;
}

// No sign of a sentence in any language is part of an address: quotation marks, and what stands for . , ; and ? elsewhere.
const SIGN = /[\s<>"`«»“-‟…—―\u200b\u3000-\u3004\u3008-\u303f\uff00-\uffef\p{Bidi_C}]|(?!\p{ASCII})\p{Term}/u;

const PLAIN = /[!#-;=?-_a-~]+/y;

/** A letter of another script than Latin belongs to a path after / - _ = or a letter of that script. */
function endOfPath(text, from) {
  let word = null;
  let before = "";
  let at = from;
  while (at < text.length) {
    const plain = endOf(PLAIN, text, at);
    if (plain > at) {
      word = null;
      before = text[plain - 1];
      at = plain;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at));
    if (SIGN.test(character)) break;
    if (!JOINS.test(character) || word === null) {
      const script = scriptOf(character);
      if (script !== null && script !== LATIN && script !== word && !/[/_=-]/.test(before)) break;
      word = script;
    }
    before = character;
    at += character.length;
  }
  return at;
}

/** Without the sentence's own signs at the end; a bracket belongs to the address if it was opened in it. */
function trimmed(address) {
  const unopened = {}; // by closing bracket: how many more of them there are than of the opening one
  let end = address.length;
  for (; /[.,:;!?'’”»)\]*_~]/u.test(address.charAt(end - 1)); end -= 1) {
    const last = address[end - 1];
    if (!(last in PAIRS)) continue;
    unopened[last] ??= address.split(last).length - address.split(PAIRS[last]).length;
    if (unopened[last] <= 0) break;
    unopened[last] -= 1;
  }
  return address.slice(0, end);
}
