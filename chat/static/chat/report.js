// Tells screen readers and the page what has happened. announcer: what screen readers hear. tell(type, detail): the page.

import { called, fill, foreign, sentence, strings } from "./strings.js";

const AWAY = ["lost", "stopped"];

/** What a change of the state means. */
export function reportChange(state, previous, announcer, tell) {
  const isNew = state.status !== previous.status && state.status !== "closed"; // a message tells about the end
  if (isNew && previous.connection === "ready") announcer.status(strings[`subtitle_${state.status}`] ?? "");
  if (state.connection !== previous.connection) {
    if (AWAY.includes(state.connection)) announcer.status(strings[state.connection]);
    else if (AWAY.includes(previous.connection)) announcer.status(strings.connected);
  }
  const failed = state.messages.find((message) => message.state === "failed" && !previous.messages.includes(message));
  const error = failed?.error ?? (state.note !== previous.note ? state.note : null);
  if (error) {
    announcer.status(sentence(error));
    tell("error", { ...error, message: sentence(error) });
  } else if (state.typing && !previous.typing) {
    announcer.status(fill(strings.typing, { sender: strings[state.typing] ?? "" }));
  }
}

/** Messages of others that are new. */
export function reportArrival(messages, announcer, tell) {
  for (const { sender, name, text, seq, language } of messages) {
    const who = fill(strings.says, { sender: called({ sender, name }), text: "" });
    if (text.trim()) announcer.message(who, text, foreign(language));
    tell("message", { sender, text, seq });
  }
}
