// Every word that the widget itself says. {n} and {text} are filled in by `fill`.

export const strings = {
  open: "Open the chat",
  close: "Close the chat",
  openUnread: { one: "Open the chat, {n} new message", other: "Open the chat, {n} new messages" },
  title: "Chat with us",
  subtitle: {
    bot: "We answer right away",
    waiting: "A colleague will join you soon",
    operator: "You are talking with a person",
    closed: "This conversation has ended",
  },
  empty: "Hello! What can we do for you?",
  conversation: "Conversation",
  earlier: "Show earlier messages",
  loading: "Loading earlier messages…",
  below: { one: "{n} new message", other: "{n} new messages" },
  sender: { visitor: "You", bot: "Assistant", operator: "Team member", system: "Notice" },
  says: "{sender}: {text}",
  typing: "{sender} is typing",
  field: "Your message",
  placeholder: "Write a message…",
  send: "Send",
  left: "Characters left: {n}",
  over: "Too long by {n}. Shorten the message to send it.",
  sending: "Sending…",
  sent: "Sent",
  unacknowledged: "Not sent: the server gave no answer.",
  retry: "Try again",
  edit: "Edit",
  lost: "Connection lost. Trying to connect again…",
  stopped: "The chat has ended the connection. Send a message to try again.",
  connected: "Connected again",
  newTab: "(opens in a new tab)",
};

const plurals = new Intl.PluralRules("en");

/** The form of a text that goes with a number, the number filled in. */
export const count = (forms, n) => fill(forms[plurals.select(n)] ?? forms.other, { n });

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
