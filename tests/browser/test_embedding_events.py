"""What a visitor does in the chat is not heard by the page's own listeners."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.support.foreign import CHAT, ELEMENT, Website, launcher, replies, visit
from tests.support.servers import Site
from tests.support.visit import say

FOCUS_TRAP = """
  document.addEventListener("focusin", ({ target }) => {
    if (!document.querySelector("#dialog").contains(target)) document.querySelector("#street").focus();
  });
"""
SMOOTH_SCROLLER = "addEventListener('wheel', (event) => event.preventDefault(), { passive: false });"
TAKES_WHAT_IS_PASTED = """
  addEventListener("paste", (event) => {
    if (event.target.closest("input, textarea")) return;
    event.preventDefault();
    window.pasted = true;
  });
"""
TAKES_WHAT_IS_DROPPED = """
  window.dropped = 0;
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => { dropped += 1; event.preventDefault(); });
"""
# The kinds of events that cross the border of a shadow tree, as a browser makes them.
LISTEN = """() => {
  window.heard = [];
  const kinds = [FocusEvent, PointerEvent, MouseEvent, WheelEvent, TouchEvent, ClipboardEvent, DragEvent, InputEvent,
    CompositionEvent, KeyboardEvent];
  const names = [...Object.getOwnPropertyNames(HTMLElement.prototype), ...Object.getOwnPropertyNames(Element.prototype),
      ...Object.getOwnPropertyNames(Document.prototype)]
    .filter((name) => name.startsWith("on")).map((name) => name.slice(2));
  const more = ["focusin", "focusout", "compositionstart", "compositionupdate", "compositionend", "touchstart", "touchmove",
    "touchend", "touchcancel"];
  const made = new Set([...names, ...more]);
  made.delete("pointerrawupdate"); // a listener for it would cost the page a task for every move of the mouse
  for (const type of made) {
    addEventListener(type, (event) => {
      if (kinds.some((kind) => event instanceof kind)) heard.push(type);
    });
  }
}"""
EVERY_KIND = """(widget) => {
  const made = {
    FocusEvent: ["focusin", "focusout"],
    PointerEvent: ["pointerdown", "pointermove", "pointerup", "pointercancel", "pointerover", "pointerout", "click",
      "auxclick", "contextmenu", "gotpointercapture", "lostpointercapture"],
    MouseEvent: ["mousedown", "mousemove", "mouseup", "mouseover", "mouseout", "dblclick"],
    WheelEvent: ["wheel"],
    TouchEvent: ["touchstart", "touchmove", "touchend", "touchcancel"],
    ClipboardEvent: ["copy", "cut", "paste"],
    DragEvent: ["dragstart", "drag", "dragend", "dragenter", "dragover", "dragleave", "drop"],
    InputEvent: ["beforeinput", "input"],
    CompositionEvent: ["compositionstart", "compositionupdate", "compositionend"],
    KeyboardEvent: ["keydown", "keypress", "keyup"],
  };
  const options = { bubbles: true, composed: true, cancelable: true };
  for (const node of widget.shadowRoot.querySelectorAll("textarea, [part=scroller], h2")) {
    for (const [kind, types] of Object.entries(made)) {
      const more = kind === "DragEvent" ? { dataTransfer: new DataTransfer() } : {};
      for (const type of types) node.dispatchEvent(new window[kind](type, { ...options, ...more }));
    }
  }
}"""


def open_beside(page: Page, web: Website, site: Site, script: str, body: str = "") -> None:
    """Open the chat on a page with a script of its own."""
    web.put("/own.js", script)
    visit(page, web, site, f'{body}{CHAT}{ELEMENT}<script src="/own.js"></script>')
    launcher(page).click()
    expect(page.locator("[part=empty]")).to_be_visible()


def test_a_dialog_of_the_page_that_holds_the_focus_leaves_it_to_the_field(served: Site, web: Website, page: Page) -> None:
    open_beside(page, web, served, FOCUS_TRAP, '<div id="dialog"><input id="street"></div>')
    page.locator("[part=field]").click()
    page.keyboard.type("hello")
    page.keyboard.press("Enter")

    expect(replies(page)).to_have_text("hello")
    expect(page.locator("#street")).to_have_value("")


def test_the_log_is_scrolled_beside_a_smooth_scroller(served: Site, web: Website, page: Page) -> None:
    page.set_viewport_size({"width": 1000, "height": 400})
    open_beside(page, web, served, SMOOTH_SCROLLER)
    say(page, "line\n" * 60)
    expect(replies(page)).to_have_count(1)
    scroller = page.locator("[part=scroller]")
    scroller.evaluate("(node) => { node.scrollTop = 0; }")
    scroller.hover()
    page.mouse.wheel(0, 200)

    page.wait_for_function(
        "document.querySelector('chatbot-widget').shadowRoot.querySelector('[part=scroller]').scrollTop > 0"
    )


def test_what_is_pasted_goes_into_the_field(served: Site, web: Website, page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_beside(page, web, served, TAKES_WHAT_IS_PASTED)
    page.evaluate("navigator.clipboard.writeText('from elsewhere')")
    page.locator("[part=field]").focus()
    page.keyboard.press("ControlOrMeta+v")

    expect(page.locator("[part=field]")).to_have_value("from elsewhere")
    assert page.evaluate("window.pasted") is None


def test_a_file_that_is_dropped_on_the_chat_goes_nowhere(served: Site, web: Website, page: Page) -> None:
    open_beside(page, web, served, TAKES_WHAT_IS_DROPPED)
    box = page.locator("[part=scroller]").bounding_box()
    assert box
    at = {"x": box["x"] + 20, "y": box["y"] + 20}
    data = {"items": [], "files": ["/etc/hostname"], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})

    assert page.evaluate("dropped") == 0
    expect(page.locator("[part=panel]")).to_be_visible()


def test_no_event_of_a_visitor_s_hands_leaves_the_chat(served: Site, web: Website, page: Page) -> None:
    open_beside(page, web, served, "")
    page.evaluate(LISTEN)
    page.locator("[part=field]").press_sequentially("is nice")
    page.locator("[part=field]").press("Enter")
    expect(replies(page)).to_have_text("is nice")
    replies(page).click()
    page.mouse.wheel(0, 100)
    page.locator("[part=scroller]").focus()
    page.keyboard.press("ControlOrMeta+c")
    page.locator("chatbot-widget").evaluate(EVERY_KIND)

    assert page.evaluate("heard") == []
    page.mouse.click(5, 5)
    assert "click" in page.evaluate("heard")
