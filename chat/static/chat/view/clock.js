// The times and days in the log, updated as time passes.

import { locale } from "../strings.js";
import { formatters, parse, sameDay } from "../times.js";
import { element } from "./dom.js";

const TICK = 10_000;

export class Clock {
  #format = formatters(locale());
  #recent = new Map(); // the texts that still change -> their dates
  #days = new Map(); // the names of days -> their dates
  #today = new Date();
  #timer = null;

  /**
   * A time as an element, null if there is none. It shows a brief time. Screen readers get the exact time, which doesn't
   * change. The exact time is also shown on request (see the styles).
   */
  draw(at) {
    const date = parse(at);
    if (!date) return null;
    const brief = element("span", { class: "brief", "aria-hidden": "true" });
    this.#tell(brief, date, new Date());
    if (this.#recent.size) this.#timer ??= setInterval(() => this.refresh(), TICK);
    const exact = element("span", { class: "unseen exact" }, this.#format.exact(date));
    return element("time", { dir: "auto", datetime: date.toISOString() }, brief, exact);
  }

  /** Show the name of a day, or nothing if the date is null. */
  nameDay(node, date) {
    const now = new Date();
    node.hidden = date === null;
    node.textContent = date && this.#format.day(date, now);
    if (date) this.#days.set(node, date);
    else this.#days.delete(node);
    this.#renameDays(now);
  }

  /** Update what has changed. */
  refresh() {
    const now = new Date();
    for (const [brief, date] of this.#recent) {
      if (brief.isConnected) this.#tell(brief, date, now);
      else this.#recent.delete(brief);
    }
    this.#renameDays(now);
    if (this.#recent.size) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #tell(brief, date, now) {
    const ago = this.#format.ago(date, now);
    const text = ago ?? this.#format.time(date);
    if (text !== brief.textContent) brief.textContent = text;
    if (ago) this.#recent.set(brief, date);
    else this.#recent.delete(brief);
  }

  #renameDays(now) {
    if (sameDay(now, this.#today)) return;
    this.#today = now;
    for (const [node, date] of this.#days) node.textContent = this.#format.day(date, now);
  }
}
