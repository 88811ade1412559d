// Times and days as the visitor's locale writes them.

const DAY = 86_400_000;

/** A date from the wire's text; null where it is none. */
export function parse(at) {
  const date = new Date(at ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Formatters for a locale, on Intl: time(date), exact(date), day(date, now). */
export function formatters(locale) {
  const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
  const days = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
  const years = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    time: (date) => time.format(date),
    exact: (date) => exact.format(date),
    /** Today and yesterday by name, other days by date, with the year where it isn't this one. */
    day(date, now) {
      const ago = Math.round((midnight(now) - midnight(date)) / DAY);
      if (ago === 0 || ago === 1) return relative.format(-ago, "day");
      return (date.getFullYear() === now.getFullYear() ? days : years).format(date);
    },
  };
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export const sameDay = (one, other) => midnight(one) === midnight(other);
