// What only an open chat needs, and the preview of an unread reply.

export { makeActions } from "./actions.js";
export { face, greeting } from "./greeting.js";
export { showPreview } from "./preview.js";
export { laterCss } from "./styles.js";
