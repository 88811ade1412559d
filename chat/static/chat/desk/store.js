// What the desk knows, pure: (state, action) -> state. Nothing here touches the DOM, the clock or the network.
//
// A row is a conversation in a list, as the server's `list` frame has it. `open` is the conversation in the middle:
// {conversation, row, key, origin, began, earlier, messages, more, loading, typing}. A pending message is one of the
// operator's own that the server hasn't acknowledged: {id, conversation, text, at, error}.

import { sentence } from "./words.js";

export const initial = Object.freeze({
  connection: "connecting", // connecting | ready | lost | stopped
  operator: null, // {key, name, label, rights}
  maxCharacters: Infinity,
  rows: [],
  waiting: 0, // how many wait, of which `rows` may hold only the first
  late: false, // other processes can't tell what they do
  bots: [],
  open: null,
  pending: [],
  seen: {}, // public id -> the seq up to which the operator has looked
  colleagues: [], // {key, label, away}: who else has an open desk
  suggestions: [], // {name, text, intent, parts}: what may be inserted, in the language of the open conversation
  note: null, // a sentence about something that went wrong
});

const bySeq = (messages) => messages.sort((one, other) => one.seq - other.seq);

function merged(messages, incoming) {
  const known = new Set(messages.map(({ seq }) => seq));
  return bySeq([...messages, ...incoming.filter(({ seq }) => !known.has(seq))]);
}

const changedRows = (rows, { rows: changed, gone, all }) => {
  if (all) return changed;
  const news = new Map(changed.map((row) => [row.conversation, row]));
  const kept = rows.filter(({ conversation }) => !gone.includes(conversation) && !news.has(conversation));
  return [...kept, ...changed];
};

const FRAMES = {
  ready: (state, { operator, limits }) => ({
    ...state,
    connection: "ready",
    operator,
    maxCharacters: limits.message_characters,
  }),
  list: (state, frame) => {
    const rows = changedRows(state.rows, frame);
    return { ...state, rows, waiting: frame.waiting, late: frame.late, open: followed(state.open, rows) };
  },
  bots: (state, { rows }) => ({ ...state, bots: rows, open: followed(state.open, rows) }),
  opened: (state, frame) => {
    const { conversation, key, origin, began, earlier, messages, more, after } = frame;
    const goesOn = after !== null && state.open?.conversation === conversation;
    return {
      ...state,
      open: {
        conversation,
        row: frame,
        key,
        origin,
        began,
        earlier,
        messages: goesOn ? merged(state.open.messages, messages) : messages,
        more: goesOn ? state.open.more : more,
        loading: false,
        typing: null,
        notes: goesOn ? state.open.notes : [],
      },
    };
  },
  message: (state, message) =>
    inOpen(state, message, (open) => ({
      messages: merged(open.messages, [message]),
      typing: message.sender === open.typing || message.sender === "system" ? null : open.typing,
    })),
  history: (state, frame) =>
    inOpen(state, frame, (open) => ({
      messages: merged(open.messages, frame.messages),
      more: frame.more,
      loading: false,
    })),
  status: (state, frame) =>
    inOpen(state, frame, (open) => ({
      row: { ...open.row, status: frame.status, ...(frame.status !== "operator" && { holder: null, by: "" }) },
    })),
  typing: (state, frame) => inOpen(state, frame, () => ({ typing: frame.sender })),
  presence: (state, { away }) => ({ ...state, operator: { ...state.operator, away } }),
  notes: (state, frame) => inOpen(state, frame, () => ({ notes: frame.notes })),
  suggestions: (state, { suggestions }) => ({ ...state, suggestions }),
  colleagues: (state, { operators }) => ({ ...state, colleagues: operators }),
  feedback: (state) => state,
  pong: (state) => state,
  ack: (state, { id, seq }) => {
    const own = state.pending.find((message) => message.id === id);
    if (!own) return state;
    const pending = state.pending.filter((message) => message.id !== id);
    const message = { seq, sender: "operator", message: own.text, parts: drawnParts(own), at: own.at, name: state.operator.label };
    const seen = { ...state.seen, [own.conversation]: Math.max(seq, state.seen[own.conversation] ?? 0) };
    return inOpen({ ...state, pending, seen }, own, (open) => ({ messages: merged(open.messages, [message]) }));
  },
  taken: (state, { conversation, by }) => {
    const held = (row) => ({ ...row, status: "operator", holder: state.operator.key, by });
    return inOpen({ ...state, note: null }, { conversation }, (open) => ({ row: held(open.row) }));
  },
  error: (state, { id, code, temporary, ...facts }) =>
    state.pending.some((own) => own.id === id)
      ? failed(state, { code, message: sentence({ code, ...facts }), temporary }, (own) => own.id === id)
      : { ...state, note: sentence({ code, ...facts }), open: state.open && { ...state.open, loading: false } },
};

/** The parts of a message of this desk's, as they come back to other desks. */
export const drawnParts = ({ text, parts = [] }) => (parts.length ? [{ type: "text", text }, ...parts] : []);

/** The open conversation with its row as a list has it now. */
function followed(open, rows) {
  const row = open && rows.find(({ conversation }) => conversation === open.conversation);
  return row ? { ...open, row } : open;
}

function inOpen(state, { conversation }, change) {
  if (state.open?.conversation !== conversation) return state;
  return { ...state, open: { ...state.open, ...change(state.open) } };
}

function failed(state, error, concerns) {
  return { ...state, pending: state.pending.map((own) => (concerns(own) ? { ...own, error } : own)) };
}

const ACTIONS = {
  frame: (state, { frame }) => FRAMES[frame.type]?.(state, frame) ?? state,
  lost: (state) => ({ ...state, connection: "lost", open: state.open && { ...state.open, loading: false, typing: null } }),
  stopped: (state) => ({ ...state, connection: "stopped" }),
  say: (state, own) => ({ ...state, note: null, pending: [...state.pending, own] }),
  retry: (state, { id }) => failed(state, null, (own) => own.id === id),
  discard: (state, { id }) => ({ ...state, pending: state.pending.filter((own) => own.id !== id) }),
  look: (state, { conversation, seq }) =>
    (state.seen[conversation] ?? 0) >= seq ? state : { ...state, seen: { ...state.seen, [conversation]: seq } },
  seen: (state, { seen }) => ({ ...state, seen }),
  typed: (state) => (state.open?.typing ? { ...state, open: { ...state.open, typing: null } } : state),
  loading: (state) => ({ ...state, open: { ...state.open, loading: true } }),
  leave: (state) => ({ ...state, open: null }),
  note: (state, { text }) => ({ ...state, note: text }),
};

export const reduce = (state, { type, ...action }) => ACTIONS[type](state, action);

export const isMine = (state, row) => row.status === "operator" && row.holder === state.operator?.key;

export const mayAnswer = (state) => Boolean(state.operator?.rights.includes("answer_conversation"));

/** The lists: those who wait longest first, then mine, everybody else's, and the bot's. */
export function lists(state) {
  const waiting = state.rows.filter(({ status }) => status === "waiting");
  const held = state.rows.filter(({ status }) => status === "operator");
  waiting.sort((one, other) => (one.since ?? one.at).localeCompare(other.since ?? other.at));
  held.sort((one, other) => other.at.localeCompare(one.at));
  return {
    waiting,
    mine: held.filter((row) => isMine(state, row)),
    others: held.filter((row) => !isMine(state, row)),
    bots: state.bots.filter(({ conversation }) => !state.rows.some((row) => row.conversation === conversation)),
  };
}

/** How many messages of a conversation that waits or is mine the operator hasn't looked at. */
export function unread(state, row) {
  if (row.status !== "waiting" && !isMine(state, row)) return 0;
  return Math.max(0, row.seq - (state.seen[row.conversation] ?? 0));
}

/** The highest seq up to which every message of the open conversation is here. */
export function lastSeen({ messages }) {
  let last = 0;
  for (const { seq } of messages) {
    if (last && seq > last + 1) break;
    last = seq;
  }
  return last;
}
