// Sentences, times and languages as the desk writes them, in the page's language.

import { fill, locale, strings } from "../strings.js";

const MINUTE = 60_000;

export function languageName(tag) {
  try {
    return new Intl.DisplayNames([locale()], { type: "language", fallback: "code" }).of(tag);
  } catch {
    return tag;
  }
}

/** How long ago something began: "less than a minute", "5 min", "2 hr 10 min". */
export function since(at, now = Date.now()) {
  const amount = (number, unit) => new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "short" }).format(number);
  const minutes = Math.max(0, Math.floor((now - Date.parse(at)) / MINUTE));
  if (minutes < 1) return strings.moment;
  if (minutes < 60) return amount(minutes, "minute");
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${amount(hours, "hour")} ${amount(minutes % 60, "minute")}` : amount(Math.floor(hours / 24), "day");
}

/** What a number looks like. */
export const digits = (number) => new Intl.NumberFormat(locale()).format(number);

/** What an error frame says. The server's English sentence if the desk doesn't know its code. */
export function sentence({ code, message, by, limit }) {
  const text = by ? strings.error_taken_by : strings[`error_${code}`];
  return text ? fill(text, { name: by, limit: limit && digits(limit) }) : message;
}
