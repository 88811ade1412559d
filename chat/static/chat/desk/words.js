// Times and languages as the desk writes them.

const MINUTE = 60_000;

const names = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });

export function languageName(tag) {
  try {
    return names.of(tag);
  } catch {
    return tag;
  }
}

/** How long ago something began: "less than a minute", "5 min", "2 h 10 min". */
export function since(at, now = Date.now()) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(at)) / MINUTE));
  if (minutes < 1) return "less than a minute";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d`;
}
