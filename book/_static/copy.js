"use strict";
// What is copied holds each formula once, as the TeX that it was typeset from, and no prompt, number or button; a cell
// of a table is one line.
const NOT_COPIED = ".headerlink, .copybtn, .eqno, .gp";

// A part of the page that is marked; Firefox has several, of which each cell of a table may be one.
function partOf(marked) {
  const range = marked.cloneRange();
  const { startContainer: start, commonAncestorContainer: around } = range;
  const formula = (start.closest ? start : start.parentElement).closest(".katex-display, .katex");
  if (formula) range.setStartBefore(formula); // its TeX stands at its start
  const rows = around.matches?.("table, thead, tbody, tr"); // which are none without their table
  const part = rows ? around.closest("table").cloneNode() : document.createElement("div");
  part.append(range.cloneContents());
  return part;
}

document.addEventListener("copy", (event) => {
  const selection = getSelection();
  // In Firefox the page stays marked while a reader marks and copies in a field.
  if (selection.isCollapsed || event.target.closest?.("input, textarea")) return;
  const copied = document.createElement("div");
  for (let i = 0; i < selection.rangeCount; i++) copied.append(partOf(selection.getRangeAt(i)));
  const paragraphs = copied.querySelectorAll(":is(td, th) > p:only-child");
  if (!paragraphs.length && !copied.querySelector(".katex")) return;
  for (const paragraph of paragraphs) paragraph.replaceWith(...paragraph.childNodes);
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
