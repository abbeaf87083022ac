"use strict";
// What a page can do beyond HTML. All of it may be missing: menus and pages work without.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");
const forced = matchMedia("(forced-colors: active)"); // then the page has the system's, and figures must go with them

// This and what a browser keeps serve the other scripts of a page, too.
function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Storage may be forbidden, or full.
function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    if (value === undefined) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Only this page knows. What was kept before is no longer true.
    if (value !== undefined) keep(name);
  }
}

const stored = () => ["light", "dark"].find((theme) => theme === recall("theme")); // others write there, too
let chosen = stored(); // nothing: then the page follows the system

function showTheme(theme = (!forced.matches && chosen) || (system.matches ? "dark" : "light")) {
  root.dataset.theme = theme;
}

document.getElementById("switch-theme").addEventListener("click", () => {
  const theme = root.dataset.theme === "dark" ? "light" : "dark";
  chosen = system.matches === (theme === "dark") ? undefined : theme; // one that agrees with the system is none
  keep("theme", chosen);
  showTheme();
});
for (const setting of [system, forced]) setting.addEventListener("change", () => showTheme());

// What was chosen on another page holds here, too: on one open beside it, and on one that the Back button brings back.
function follow(choice) {
  for (const event of ["storage", "pageshow"]) addEventListener(event, (e) => e.persisted !== false && choice());
}
follow(() => {
  chosen = stored();
  showTheme();
});

// Paper is white.
addEventListener("beforeprint", () => showTheme("light"));
addEventListener("afterprint", () => showTheme());
document.getElementById("print").addEventListener("click", () => print());

const isMac = /^(Mac|iP)/.test(navigator.platform); // where Ctrl+K deletes the rest of a line that is typed
addEventListener("keydown", (event) => {
  const { keyCode, ctrlKey, metaKey, shiftKey, altKey } = event;
  if (keyCode !== 75 || !(isMac ? metaKey : ctrlKey) || shiftKey || altKey) return; // K, whatever letter it writes
  event.preventDefault();
  document.querySelector("dialog[open]")?.close(); // or the field would be behind it
  document.getElementById("search").togglePopover();
});
if (isMac) {
  const title = "Search (⌘K)";
  Object.assign(document.getElementById("open-search"), { title, ariaLabel: title });
}

// The keyboard reaches what scrolls sideways, and only that. All is read before anything is written: a browser lays
// the page out anew to answer a question that follows a change. A formula that a font widens may leave its box as it
// was, so the observer looks at what is in the box, too; that also tells when a part that waited is laid out.
const WIDE = "pre, div.math, .pst-scrollable-table-container, .cell_output > .output";
const sizes = new ResizeObserver((entries) => {
  const boxes = [...new Set(entries.map(({ target }) => target.closest(WIDE)).filter(Boolean))];
  const scrolls = boxes.map((box) => box.scrollWidth > box.clientWidth);
  boxes.forEach((box, i) => (scrolls[i] ? (box.tabIndex = 0) : box.removeAttribute("tabindex")));
});
for (const box of document.querySelectorAll(WIDE)) {
  sizes.observe(box);
  if (box.firstElementChild) sizes.observe(box.firstElementChild);
}

// A link chosen in a menu closes it.
for (const menu of document.querySelectorAll("[popover]")) {
  menu.addEventListener("click", ({ target }) => target.closest("a") && menu.hidePopover());
}

// A figure, which leads to its file, opens large in its page. It does so within the article, for the dark page's sake.
document.addEventListener("click", (event) => {
  const link = event.target.closest("figure > a:has(> img)");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const close = element("button", { type: "button", className: "tool", ariaLabel: "Close", title: "Close" });
  const { src, alt } = link.firstElementChild;
  const image = element("img", { src, alt });
  const looks = { id: "enlarged", ariaLabel: "Enlarged figure", tabIndex: 0 };
  const dialog = element("dialog", looks, close, image);
  image.onload = () => {
    const width = 2 * link.firstElementChild.getAttribute("width"); // at which no letters but indices have less than 20 pixels
    image.width = Math.max(0.625 * width, Math.min(width, document.documentElement.clientWidth));
  };
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  link.closest("article").append(dialog);
  dialog.showModal();
  dialog.focus(); // so that arrow keys scroll it
});

// The picture of the front page plays once, where motion is welcome: its script comes before this event.
addEventListener("DOMContentLoaded", () => {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  document.querySelector(".front .scrubber button")?.click();
});

// "On this page" follows the reader: it marks the last of the sections that reach the top of the window, where a link
// leads, and at the end of the page the last of all.
const places = new Map(); // the link to each section
const atTop = new Set();
let atEnd = false;
let marked;
function mark() {
  const section = [...places.keys()].findLast((one) => atEnd || atTop.has(one));
  if (places.get(section) === marked) return;
  marked?.removeAttribute("aria-current");
  marked = places.get(section);
  marked?.setAttribute("aria-current", "true");
  marked?.scrollIntoView({ block: "nearest" }); // in a list that is longer than the window
}
const reached = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) atTop[isIntersecting ? "add" : "delete"](target);
    mark();
  },
  { rootMargin: "0px 0px -80%" },
);
for (const link of document.querySelectorAll("#toc a:not([href='#'])")) {
  const section = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  places.set(section, link);
  reached.observe(section);
}
new IntersectionObserver(([{ isIntersecting }]) => {
  atEnd = isIntersecting && scrollY > 0;
  mark();
}).observe(document.querySelector(".bottom"));

// Show what was checked: few ask, so what does it comes only then.
const checks = document.getElementById("show-checked");
let checksCome = false;
function showChecked() {
  if (checksCome) return;
  checksCome = true;
  for (const src of checks.dataset.scripts.split(" ")) {
    document.head.append(element("script", { src, async: false }));
  }
}
if (checks) {
  const recallChecks = () => recall("checked") === "on" && showChecked();
  recallChecks();
  follow(recallChecks);
  checks.addEventListener("click", showChecked);
}

// Run this page: few ask, so Python comes only then, and with it what a reader changed.
const runs = document.querySelectorAll(".run-page");
const placeOf = (pre) => `${location.pathname}\n${pre.textContent.replace(/\n$/, "")}`;
if (runs.length && [...document.querySelectorAll(".cell_input pre")].some((pre) => recall(placeOf(pre)))) {
  document.querySelector("#live [role=status]").prepend("You changed code of this page: run it to have that again. ");
}
for (const run of runs) {
  run.addEventListener("click", async () => {
    const { script } = document.querySelector("#live .run-page").dataset;
    for (const button of runs) button.disabled = true;
    try {
      await (await import(new URL(script, location.href))).begin();
      document.getElementById("actions").hidePopover();
      // A link leads below the bar, however many lines it has.
      const bar = document.getElementById("live");
      new ResizeObserver(() => root.style.setProperty("--bar", `${bar.offsetHeight}px`)).observe(bar);
    } catch {
      for (const button of runs) button.disabled = false;
      document.querySelector("#live [role=status]").textContent =
        "Python could not be loaded. Check the network and load this page again. A page that is opened as a file cannot run: serve its folder, for example with python -m http.server.";
    }
  });
}
