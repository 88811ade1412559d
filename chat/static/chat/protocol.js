// The wire format, pure: values to client frames, server frames to values. docs/protocol.md describes it.

const frame = (type, fields) => JSON.stringify({ type, ...fields });

export const hello = ({ token, after, language, timeZone }) =>
  frame("hello", {
    token: token || undefined,
    after: after || undefined,
    language: language || undefined,
    time_zone: timeZone || undefined,
  });
export const message = (id, text) => frame("message", { id, message: text });
export const history = (before) => frame("history", { before });
export const feedback = (seq, value) => frame("feedback", { seq, value });
export const end = () => frame("end");
export const typing = () => frame("typing");
export const ping = () => frame("ping");

const isText = (value) => typeof value === "string";
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isRating = (value) => value === "up" || value === "down";
const SENDERS = ["visitor", "bot", "operator", "system"];

function storedMessage(fields) {
  if (!isObject(fields) || !Number.isInteger(fields.seq) || !isText(fields.message)) return null;
  return {
    seq: fields.seq,
    sender: SENDERS.includes(fields.sender) ? fields.sender : "system",
    id: isText(fields.id) ? fields.id : null,
    name: isText(fields.name) ? fields.name : null,
    text: fields.message,
    parts: Array.isArray(fields.parts) ? fields.parts.filter((part) => isObject(part) && isText(part.type)) : [],
    at: isText(fields.at) ? fields.at : null,
    feedback: isRating(fields.feedback) ? fields.feedback : null,
    apology: fields.apology === true,
  };
}

const storedMessages = (list) => (Array.isArray(list) ? list.map(storedMessage).filter(Boolean) : []);

const READERS = {
  ready: (fields) =>
    isText(fields.token) && {
      token: fields.token,
      conversation: fields.conversation,
      language: isText(fields.language) ? fields.language : null,
      resumed: fields.resumed === true,
      seq: Number.isInteger(fields.seq) ? fields.seq : 0,
      status: fields.status,
      messages: storedMessages(fields.messages),
      more: fields.more === true,
      maxCharacters: fields.limits?.message_characters ?? null,
    },
  ack: ({ id, seq }) => isText(id) && Number.isInteger(seq) && { id, seq },
  typing: ({ sender }) => ({ sender }),
  message: (fields) => {
    const stored = storedMessage(fields);
    return stored && { message: stored };
  },
  history: (fields) => ({ messages: storedMessages(fields.messages), more: fields.more === true }),
  feedback: ({ seq, value }) => Number.isInteger(seq) && { seq, value: isRating(value) ? value : null },
  pong: () => ({}),
  status: ({ status }) => ({ status }),
  error: (fields) =>
    isText(fields.code) && {
      code: fields.code,
      temporary: fields.temporary === true,
      id: isText(fields.id) ? fields.id : null,
      retryAfter: typeof fields.retry_after === "number" ? fields.retry_after : null,
    },
};

/** A server's frame as a value with its `type`. Null if it is unknown, since a newer server may send other frames. */
export function parse(data) {
  let fields;
  try {
    fields = JSON.parse(data);
  } catch {
    return null;
  }
  if (!isObject(fields) || !Object.hasOwn(READERS, fields.type)) return null;
  const read = READERS[fields.type](fields);
  return read ? { type: fields.type, ...read } : null;
}

/** Whether to connect again after the socket closed with this code. */
export const mayReturn = (code) => code < 4500 || code > 4999;

/** Whether the server finds nothing in a text: white space, and characters that nobody can see. */
export const isEmpty = (text) => /^[\s\p{Default_Ignorable_Code_Point}]*$/u.test(text);

/** How long the server finds a text: it counts code points, and `length` counts UTF-16 units. */
export const characters = (text) => [...text.normalize()].length;
