"use strict";
// What is copied holds each formula once, as the TeX that it was typeset from, and no prompt, number or button.
const NOT_COPIED = ".headerlink, .copybtn, .eqno, .gp";
document.addEventListener("copy", (event) => {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0).cloneRange();
  const { startContainer: start } = range;
  const formula = (start.closest ? start : start.parentElement).closest(".katex-display, .katex");
  if (formula) range.setStartBefore(formula); // its TeX stands at its start
  const copied = document.createElement("div");
  copied.append(range.cloneContents());
  if (!copied.querySelector(".katex")) return;
  for (const part of copied.querySelectorAll(NOT_COPIED)) part.remove();
  for (const part of copied.querySelectorAll(".katex")) {
    const marks = part.closest(".katex-display") ? "$$" : "$";
    part.replaceWith(marks + part.querySelector("annotation").textContent + marks);
  }
  for (const part of copied.querySelectorAll(".lines, .math")) part.removeAttribute("class"); // or it would wait
  // Laid out, so that the text has its lines.
  copied.style.cssText = "position: fixed; left: -100vw; user-select: text";
  document.body.append(copied);
  event.clipboardData.setData("text/plain", copied.innerText);
  event.clipboardData.setData("text/html", copied.innerHTML);
  copied.remove();
  event.preventDefault();
});
