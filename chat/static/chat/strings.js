// The words that the widget says. site.json brings them in the visitor's language; {n} and {text} are filled in by `fill`.

export const strings = {};

export let spoken = "en"; // the widget's own language
let plurals = new Intl.PluralRules(spoken);

/** Say everything in this language from now on. */
export function speak(tag, texts) {
  spoken = tag;
  plurals = new Intl.PluralRules(tag);
  Object.assign(strings, texts);
}

/** A language, null where it is the widget's own or unknown: what `lang` has to say of words that others wrote. */
export const foreign = (tag) => (tag === spoken ? null : tag);

/** The visitor's own kind of the language that is spoken, such as de-AT, for times and numbers. */
export function locale() {
  const [primary] = spoken.split("-");
  return navigator.languages?.find((tag) => tag.split("-")[0] === primary && isTag(tag)) ?? spoken;
}

function isTag(text) {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false; // some systems give browsers the names of their locales
  }
}

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** The form of a text that goes with a number, the number filled in. */
export const count = (forms, n) => fill(forms[plurals.select(n)] ?? forms.other, { n });

const SENTENCES = { unacknowledged: "unacknowledged", too_long: "refused_long", too_large: "refused_long" };

/** What the visitor reads of an error {code, temporary}. */
export const sentence = ({ code, temporary }) => strings[SENTENCES[code] ?? (temporary ? "refused_wait" : "refused")];
