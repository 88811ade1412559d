// The one module that a page names: it registers <chatbot-widget>.

import { ChatbotWidget } from "./element.js";

if (!customElements.get("chatbot-widget")) customElements.define("chatbot-widget", ChatbotWidget);
