// A conversation as plain text, to copy or save.

import { called, fill, strings } from "../strings.js";
import { formatters, parse } from "../times.js";
import { element } from "../view/dom.js";

const READING = 60_000; // the browser may read it later

/** Stored messages, one a line: "[date and time] sender: text". */
export function transcript(messages, locale) {
  const { exact } = formatters(locale);
  return messages
    .filter(({ seq, text }) => seq !== null && text.trim())
    .map(({ sender, name, text, at }) => {
      const date = parse(at);
      const said = fill(strings.says, { sender: called({ sender, name }), text });
      return date ? `[${exact(date)}] ${said}\n` : `${said}\n`;
    })
    .join("");
}

/** Download a text as a file. */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  element("a", { href: address, download: `${name}.txt` }).click();
  setTimeout(() => URL.revokeObjectURL(address), READING);
}
