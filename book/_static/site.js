"use strict";
// What a page can do beyond HTML. All of it may be missing: menus and pages work without.
const root = document.documentElement;
const system = matchMedia("(prefers-color-scheme: dark)");

function showTheme(stored = localStorage.theme) {
  root.dataset.theme = stored ?? (system.matches ? "dark" : "light");
}

// A choice that agrees with the system is none: the page then goes on following it.
document.getElementById("switch-theme").addEventListener("click", () => {
  const theme = root.dataset.theme === "dark" ? "light" : "dark";
  if (system.matches === (theme === "dark")) localStorage.removeItem("theme");
  else localStorage.theme = theme;
  showTheme();
});
system.addEventListener("change", () => showTheme());

// Paper is white.
addEventListener("beforeprint", () => showTheme("light"));
addEventListener("afterprint", () => showTheme());
document.getElementById("print").addEventListener("click", () => print());

addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.getElementById("search").togglePopover();
  }
});

// The keyboard reaches what scrolls sideways, and only that; a font that arrives may change which.
const wide = document.querySelectorAll(
  "pre, div.math, .pst-scrollable-table-container, .cell_output > .output",
);
function reach(elements) {
  for (const element of elements) {
    if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
    else element.removeAttribute("tabindex");
  }
}
const sizes = new ResizeObserver((entries) => reach(entries.map(({ target }) => target)));
for (const element of wide) sizes.observe(element);
document.fonts.addEventListener("loadingdone", () => reach(wide));

// A link chosen in a menu closes it.
for (const menu of document.querySelectorAll("[popover]")) {
  menu.addEventListener("click", ({ target }) => target.closest("a") && menu.hidePopover());
}

// A page opened as a file may not read its neighbours, so results come without excerpts.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Show what was checked: few ask, so what does it comes only then.
const checks = document.getElementById("show-checked");
function showChecked() {
  for (const src of checks.dataset.scripts.split(" ")) {
    document.head.append(Object.assign(document.createElement("script"), { src, async: false }));
  }
}
let asked = "";
try {
  asked = localStorage.checked;
} catch {} // storage is forbidden
if (checks && asked === "on") showChecked();
else checks?.addEventListener("click", showChecked, { once: true });
