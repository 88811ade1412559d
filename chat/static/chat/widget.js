// The entry: registers <chatbot-widget>, and adds one to a page that has none.

import { ChatbotWidget } from "./element.js";

/** address: of the script that the page names. Its tag may have the element's attributes, with or without "data-". */
export function start(address) {
  if (!customElements.get("chatbot-widget")) customElements.define("chatbot-widget", ChatbotWidget);
  const tag = [...document.scripts].find((script) => script.src === address);
  const read = (name) => tag?.getAttribute(`data-${name}`) ?? tag?.getAttribute(name) ?? null;
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => ChatbotWidget.place(read));
  else ChatbotWidget.place(read);
}
