// Times and days as the visitor's locale writes them.

const DAY = 86_400_000;
const MINUTE = 60_000;

/** A date from a frame's text, null if there is none. */
export function parse(at) {
  const date = new Date(at ?? NaN);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** Formatters for a locale, on Intl: time(date), exact(date), ago(date, now), day(date, now). */
export function formatters(locale) {
  const time = new Intl.DateTimeFormat(locale, { hour: "numeric", minute: "2-digit" });
  const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
  const days = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
  const years = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  return {
    time: (date) => time.format(date),
    exact: (date) => exact.format(date),
    /** "5 minutes ago", up to an hour. Null for older times, and for later ones, which a wrong clock may cause. */
    ago(date, now) {
      const minutes = Math.floor((now - date) / MINUTE);
      if (minutes < -1 || minutes >= 60) return null;
      return minutes < 1 ? relative.format(0, "second") : relative.format(-minutes, "minute");
    },
    /** Today and yesterday by name, other days by date, with the year if it isn't this one. */
    day(date, now) {
      const ago = Math.round((midnight(now) - midnight(date)) / DAY);
      if (ago === 0 || ago === 1) return relative.format(-ago, "day");
      return (date.getFullYear() === now.getFullYear() ? days : years).format(date);
    },
  };
}

const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

export const sameDay = (one, other) => midnight(one) === midnight(other);
