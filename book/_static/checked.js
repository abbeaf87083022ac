"use strict";
// Show what was checked: each mark of the page tells pointer, finger and keyboard how. This comes, after what the marks
// tell, when a reader turns them on, see site.js.
{
  const button = document.getElementById("show-checked");
  const code = element("code", { translate: false });
  const said = element("span", { id: "how-said" });
  const entry = element("a", {}, "What was checked");
  const tip = element("span", { id: "how", popover: "manual" }, said, " ", entry);
  let leaving;

  // Of an equation the keyboard stops at the number: at the whole it does so to scroll, see site.js.
  const stopOf = (mark) => mark.querySelector(".eqno") ?? mark;

  function turnTo(on) {
    keep("checked", on ? "on" : "off");
    button.ariaPressed = on;
    hide();
    for (const [id, [kind, ...how]] of Object.entries(checked)) {
      const mark = document.getElementById(id);
      const stop = stopOf(mark);
      mark.how = how;
      mark.classList.toggle("checked", on);
      mark.dataset.kind = kind;
      stop.role = on ? "mark" : null;
      if (on) stop.tabIndex = 0;
      else stop.removeAttribute("tabindex");
    }
  }

  function hide() {
    if (tip.isConnected) tip.hidePopover();
    tip.previousElementSibling?.removeAttribute("aria-describedby");
  }

  // What Tab has scrolled to may move under a pointer that rests: whose mark has the focus keeps its tip.
  function leave() {
    if (!document.activeElement.hasAttribute("aria-describedby")) hide();
  }

  function tell(mark) {
    const [source, verdict, target] = mark.how;
    const stop = stopOf(mark);
    hide();
    code.textContent = source;
    said.replaceChildren(code, ` ${verdict}.`);
    entry.href = `${button.dataset.page}#${target}`;
    stop.after(tip); // so that Tab leads from the mark to the link
    stop.setAttribute("aria-describedby", said.id);
    tip.showPopover();
    const { left, top, bottom } = mark.getBoundingClientRect();
    const { clientWidth, clientHeight } = document.documentElement;
    const y = bottom + tip.offsetHeight < clientHeight ? bottom : top - tip.offsetHeight;
    tip.style.left = `${scrollX + Math.max(8, Math.min(left, clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${scrollY + y}px`;
  }

  // The pointer or the focus is at a mark, in the tip, or elsewhere, and then the tip may go.
  function turn({ target }) {
    clearTimeout(leaving);
    const mark = target.closest(".checked");
    if (!mark) leaving = tip.contains(target) || setTimeout(leave, 300);
    else if (!tip.contains(target) && !stopOf(mark).hasAttribute("aria-describedby")) tell(mark);
  }
  for (const event of ["pointerover", "focusin", "click"]) document.addEventListener(event, turn);
  addEventListener("keydown", ({ key }) => key === "Escape" && hide());

  const isOn = () => button.ariaPressed === "true";
  button.addEventListener("click", () => turnTo(!isOn()));
  follow(() => isOn() === (recall("checked") === "on") || turnTo(!isOn()));
  turnTo(true);
}
