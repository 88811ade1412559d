// The widget's texts. site.json has them in the visitor's language. `fill` replaces {n} and {text}.

export const strings = {};

export let spoken = "en"; // the widget's own language
let plurals = new Intl.PluralRules(spoken);

/** Say everything in this language from now on. */
export function speak(tag, texts) {
  spoken = tag;
  plurals = new Intl.PluralRules(tag);
  Object.assign(strings, texts);
}

/** A language for `lang` on other people's texts, null if it is the widget's own or unknown. */
export const foreign = (tag) => (tag === spoken ? null : tag);

/** The visitor's own variant of the widget's language, such as de-AT, for times and numbers. */
export function locale() {
  const [primary] = spoken.split("-");
  return navigator.languages?.find((tag) => tag.split("-")[0] === primary && isTag(tag)) ?? spoken;
}

function isTag(text) {
  try {
    return Intl.getCanonicalLocales(text).length > 0;
  } catch {
    return false; // some systems give browsers their own names of locales
  }
}

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** What a message's sender is called: an operator by name. */
export const called = ({ sender, name }) => (sender === "operator" && name) || strings[sender];

/** The form of a text that goes with a number, with the number filled in. */
export const count = (forms, n) => fill(forms[plurals.select(n)] ?? forms.other, { n });

const SENTENCES = { unacknowledged: "unacknowledged", too_long: "refused_long", too_large: "refused_long" };

/** The visitor's text for an error {code, temporary}. */
export const sentence = ({ code, temporary }) => strings[SENTENCES[code] ?? (temporary ? "refused_wait" : "refused")];
