// What the widget knows, pure: (state, action) -> state. Nothing here touches the DOM, the clock or the network.
//
// A message is {key, id, seq, sender, name, text, language, parts, at, feedback, apology, state, error, place}.
//
// - `seq` is null until the server has stored the message.
// - `language` is the conversation's when the message came. It is null for the visitor's own messages, which may be in any.
// - `state` is "sending", "sent" or "failed". `error` says why it failed.
// - `place`: messages are ordered by seq, and those being sent come last. A failed one stays between two seqs, at `place`.
// - `feedback` is the rating that is shown. Until the server confirms it, `held` is the rating that the server has.
//
// A message that did not change stays the same object.

export const initial = Object.freeze({
  connection: "idle", // idle | connecting | ready | lost | stopped
  conversation: null,
  language: null, // the server's
  status: "bot",
  maxCharacters: null,
  messages: [],
  more: false,
  loadingEarlier: false,
  typing: null,
  note: null,
  unreachable: false, // no connection has ever opened on this page, however often it was tried
  retryAt: null, // when the next attempt to connect begins, as of `Date`
  seen: 0, // the seq up to which the visitor has read
});

const UNACKNOWLEDGED = "unacknowledged";
const RESENT = [UNACKNOWLEDGED, "draining"]; // these may succeed with the next connection

const position = (message) => message.seq ?? message.place;

// The difference of two that are being sent is not a number. They keep their order.
const inOrder = (messages) => messages.sort((a, b) => position(a) - position(b) || 0);

const failed = (messages, error, concerns) => {
  const place = Math.max(0, ...messages.map((message) => message.seq ?? 0)) + 0.5;
  return inOrder(
    messages.map((message) => (concerns(message) ? { ...message, state: "failed", error, place } : message)),
  );
};

const givenUp = (messages, concerns) =>
  failed(
    messages,
    { code: UNACKNOWLEDGED, temporary: true },
    (message) => message.state === "sending" && concerns(message),
  );

const again = (messages, concerns) =>
  inOrder(
    messages.map((message) =>
      concerns(message) ? { ...message, state: "sending", error: null, place: Infinity } : message,
    ),
  );

function merged(messages, incoming, { conversation, language }) {
  const result = [...messages];
  for (const message of incoming) {
    const index = result.findIndex(
      (known) => known.seq === message.seq || (message.sender === "visitor" && message.id && known.id === message.id),
    );
    const stored = {
      ...message,
      key: message.id ?? `${conversation} ${message.seq}`,
      language: message.sender === "visitor" ? null : language,
      state: "sent",
      error: null,
      place: null,
    };
    if (index < 0) result.push(stored);
    else if (result[index].seq === null) result[index] = { ...stored, key: result[index].key };
  }
  return inOrder(result);
}

/** The highest seq up to which no message is missing, counted from the first one shown. 0 if there is none. */
export function lastSeen(messages) {
  let last = 0;
  for (const { seq } of messages) {
    if (seq === null) continue;
    if (last && seq > last + 1) break;
    last = seq;
  }
  return last;
}

/** The messages of others that are in `after` but not in `before`. */
export function arrived(before, after) {
  const known = new Set(before.map((message) => message.key));
  return after.filter((message) => message.sender !== "visitor" && !known.has(message.key));
}

/** The messages of others that the visitor has not read. */
export const unread = ({ messages, seen }) =>
  messages.filter(({ seq, sender }) => sender !== "visitor" && seq !== null && seq > seen);

/** The messages that the server has not acknowledged and may still take. */
export const waiting = ({ messages }) =>
  messages.filter(({ seq, state, error }) => seq === null && (state === "sending" || error?.temporary));

const unsent = (messages) => messages.filter((message) => message.seq === null);

function ready(state, frame) {
  let shown = state.conversation === frame.conversation ? state.messages : unsent(state.messages);
  const last = lastSeen(shown);
  // Too many were missed for one frame: begin again with the last page. "Show earlier" loads those above.
  const leap = last > 0 && frame.messages.length > 0 && frame.messages[0].seq > last + 1;
  if (leap) shown = unsent(shown);
  return {
    ...state,
    connection: "ready",
    unreachable: false,
    retryAt: null,
    conversation: frame.conversation,
    language: frame.language,
    status: frame.status,
    maxCharacters: frame.maxCharacters,
    seen: frame.seen ?? state.seen,
    messages: merged(shown, frame.messages, frame),
    more: last > 0 && !leap ? state.more : frame.more,
    typing: null, // it isn't repeated after a reconnect
    loadingEarlier: false,
  };
}

/** Whether the visitor has rated it and the server has not confirmed that. */
export const isUnconfirmed = ({ held }) => held !== undefined;

const changed = (messages, concerns, change) =>
  messages.map((message) => (concerns(message) ? { ...message, ...change(message) } : message));

const rated = (messages, seq, value) =>
  changed(
    messages,
    (message) => message.seq === seq,
    (message) => ({ feedback: value, held: isUnconfirmed(message) ? message.held : message.feedback }),
  );

const confirmed = (messages, seq, value) =>
  changed(
    messages,
    (message) => message.seq === seq,
    (message) =>
      isUnconfirmed(message) && message.feedback !== value ? { held: value } : { feedback: value, held: undefined },
  );

const takenBack = (messages) => changed(messages, isUnconfirmed, ({ held }) => ({ feedback: held, held: undefined }));

const FRAMES = {
  ready,
  ack: (state, { id, seq }) => ({
    ...state,
    messages: inOrder(
      state.messages.map((message) => (message.id === id ? { ...message, seq, state: "sent", error: null } : message)),
    ),
  }),
  typing: (state, { sender }) => ({ ...state, typing: sender }),
  message: (state, { message }) => ({
    ...state,
    messages: merged(state.messages, [message], state),
    ...(message.sender !== "visitor" && { typing: null, note: null }), // the chat goes on, so any trouble is over
  }),
  history: (state, { messages, more }) => ({
    ...state,
    messages: merged(state.messages, messages, state),
    more,
    loadingEarlier: false,
  }),
  feedback: (state, { seq, value }) => ({ ...state, messages: confirmed(state.messages, seq, value) }),
  pong: (state) => state,
  status: (state, { status }) => ({ ...state, status }),
  // An acknowledged message can fail, too: if its reply could not be stored, sending it again asks for a new one.
  // An error without id may be about a rating. If it was about another frame, the rating's confirmation is still to come.
  error: (state, { id, code, temporary, retryAfter }) =>
    id !== null && state.messages.some((message) => message.id === id)
      ? { ...state, messages: failed(state.messages, { code, temporary }, (message) => message.id === id) }
      : {
          ...state,
          messages: retryAfter ? state.messages : takenBack(state.messages),
          note: { code, temporary },
          loadingEarlier: false,
        },
};

const ACTIONS = {
  frame: (state, { frame }) => FRAMES[frame.type](state, frame),
  connecting: (state) => (state.connection === "idle" ? { ...state, connection: "connecting" } : state),
  lost: (state) => ({ ...state, connection: "lost" }),
  unreachable: (state) => (state.unreachable ? state : { ...state, connection: "lost", unreachable: true }),
  retrying: (state, { at }) => ({ ...state, retryAt: at, loadingEarlier: false }),
  stopped: (state) => ({
    ...state,
    connection: "stopped",
    retryAt: null,
    loadingEarlier: false,
    messages: givenUp(state.messages, () => true),
  }),
  say: (state, { id, text, at }) => ({
    ...state,
    note: null,
    messages: [
      ...state.messages,
      {
        key: id,
        id,
        seq: null,
        sender: "visitor",
        name: null,
        text,
        language: null,
        parts: [],
        at,
        feedback: null,
        state: "sending",
        error: null,
        place: Infinity,
      },
    ],
  }),
  // It may have arrived. It is sent again, by the visitor or after the next `ready`, and its id prevents a second copy.
  unacknowledged: (state, { id }) => ({ ...state, messages: givenUp(state.messages, (message) => message.id === id) }),
  retry: (state, { id }) => ({ ...state, messages: again(state.messages, (message) => message.id === id) }),
  resend: (state) => ({
    ...state,
    messages: again(state.messages, ({ error }) => RESENT.includes(error?.code)),
  }),
  discard: (state, { id }) => ({ ...state, messages: state.messages.filter((message) => message.id !== id) }),
  rate: (state, { seq, value }) => ({ ...state, messages: rated(state.messages, seq, value) }),
  seen: (state, { seq }) => (seq === state.seen ? state : { ...state, seen: seq }),
  begin: (state) => ({ ...initial, maxCharacters: state.maxCharacters, messages: unsent(state.messages) }),
  forget: (state) => ({ ...initial, maxCharacters: state.maxCharacters }),
  earlier: (state) => ({ ...state, loadingEarlier: true }),
  typed: (state) => (state.typing === null ? state : { ...state, typing: null }),
};

export const reduce = (state, action) => ACTIONS[action.type](state, action);
