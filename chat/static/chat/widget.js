// The beginning: registers <chatbot-widget>, and puts one into a page that has none.

import { ChatbotWidget } from "./element.js";

/** address: of the script that the page names, whose tag may carry the element's attributes, with or without "data-". */
export function start(address) {
  if (!customElements.get("chatbot-widget")) customElements.define("chatbot-widget", ChatbotWidget);
  const tag = [...document.scripts].find((script) => script.src === address);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => place(tag));
  else place(tag);
}

function place(tag) {
  if (document.querySelector("chatbot-widget")) return;
  const widget = document.createElement("chatbot-widget");
  for (const name of ChatbotWidget.observedAttributes) {
    const value = tag?.getAttribute(`data-${name}`) ?? tag?.getAttribute(name) ?? null;
    if (value !== null) widget.setAttribute(name, value);
  }
  document.body.append(widget);
}
