"use strict";
// Start the show. Without this script, and for printing, a deck is a page of slides.
const root = document.documentElement;
const deck = document.querySelector(".deck");
const address = new URL(location);
const asked = address.searchParams;
const forced = matchMedia("(forced-colors: active)"); // then the show has the system's, and figures go with them
const system = matchMedia("(prefers-color-scheme: dark)");
const SVG = "http://www.w3.org/2000/svg";

// Paper shows slides that no screen has shown: their letters are here before the printer asks.
function loadFonts() {
  for (const font of document.fonts) font.load();
}

function show(theme = forced.matches ? system.matches && "dark" : asked.get("theme")) {
  root.dataset.theme = theme === "dark" ? "dark" : "light";
}

// In the address, so that a reload and the speaker view keep it
function keep(theme) {
  asked.set("theme", theme);
  show();
  address.hash = Reveal.getSlidePath();
  history.replaceState(null, "", address);
}

// What is drawn on a slide stays with it until it is wiped
function sheet() {
  const slide = Reveal.getCurrentSlide();
  const svg = slide.querySelector(".drawn") ?? slide.appendChild(document.createElementNS(SVG, "svg"));
  svg.setAttribute("class", "drawn");
  svg.setAttribute("viewBox", "0 0 1280 720");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

// Point, draw or erase, instead of what a press or a swipe does otherwise
function draw(event) {
  const { tool } = deck.dataset;
  if (!tool || event.altKey || event.ctrlKey || event.target.closest(".controls")) return;
  event.stopPropagation();
  if (tool === "Pointer" || !event.buttons) return;
  const svg = sheet();
  const { left, top, width } = svg.getBoundingClientRect();
  const x = ((event.clientX - left) * 1280) / width;
  const y = ((event.clientY - top) * 1280) / width;
  if (tool === "Eraser") {
    for (const line of [...svg.children]) {
      line.style.strokeWidth = 40; // it need not be hit exactly
      if (line.isPointInStroke(new DOMPoint(x, y))) line.remove();
      line.style.strokeWidth = "";
    }
  } else {
    if (event.type === "pointerdown") svg.append(document.createElementNS(SVG, "polyline"));
    const points = svg.lastChild?.getAttribute("points") ?? `${x},${y}`; // a dot has two, too
    svg.lastChild?.setAttribute("points", `${points} ${x},${y}`);
  }
}

if (asked.has("print-pdf") || !window.Reveal) { // the player may not have come
  loadFonts();
  deck.classList.add("printed");
  root.classList.toggle("handout", asked.has("notes"));
} else {
  addEventListener("load", loadFonts); // after the first slide
  show();
  for (const setting of [system, forced]) setting.addEventListener("change", () => show());
  deck.classList.add("reveal");
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    viewDistance: 1, // how far from the window slides are laid out
    mobileViewDistance: 1,
    transition: "none",
    controlsLayout: "edges",
    controlsTutorial: false,
    scrollActivationWidth: 0, // on a phone, too, a slide is a slide
    defaultTiming: 60, // of a slide that does not say its seconds, for the clock of the speaker view
    controls: !asked.has("receiver"), // in the speaker's window they would lie on the slide
    // What Alt does is the browser's, and Space presses the button that has the focus.
    keyboardCondition: ({ altKey, key, target }) => !altKey && !(key === " " && target.closest("button")),
    plugins: [window.RevealNotes, window.RevealZoom].filter(Boolean), // those that have come
  });
  const bring = (images) => images?.forEach((image) => (image.loading = "eager"));
  Reveal.on("ready", ({ currentSlide }) => {
    bring(currentSlide.nextElementSibling?.querySelectorAll("img"));
    Reveal.registerKeyboardShortcut("Alt + &#8592;/&#8593/&#8594;/&#8595;", "As the browser has it"); // for the help
  });
  for (const event of ["overviewshown", "slidechanged"]) {
    Reveal.on(event, () => {
      bring(document.querySelectorAll("img")); // before the network goes or the printer asks
      // The overview is longer than the window: it follows the keys.
      if (Reveal.isOverview()) Reveal.getCurrentSlide().scrollIntoView({ block: "nearest" });
    });
  }
  // A slider keeps its arrow keys and the finger upon it; the keys of a clicker go on.
  addEventListener("DOMContentLoaded", () => {
    for (const controls of document.querySelectorAll(".scrubber-controls")) controls.dataset.preventSwipe = "";
  });
  addEventListener("keydown", ({ key, target }) => {
    if (target.type === "range" && ["PageDown", "PageUp", " "].includes(key)) target.blur();
  }, true);
  // All windows of a deck on this machine, the previews of the speaker view among them
  const room = new BroadcastChannel(location.pathname);
  room.onmessage = ({ data }) => keep(data);
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark room" }, () => {
    keep(root.dataset.theme === "dark" ? "light" : "dark");
    room.postMessage(asked.get("theme"));
  });
  for (const [key, tool] of Object.entries({ Q: "Pointer", C: "Pen", E: "Eraser" })) {
    Reveal.addKeyBinding({ keyCode: key.charCodeAt(0), key, description: tool }, () => {
      if (deck.dataset.tool === tool) delete deck.dataset.tool;
      else deck.dataset.tool = tool;
    });
  }
  Reveal.addKeyBinding({ keyCode: 88, key: "X", description: "Wipe the slide" }, () => sheet().remove());
  for (const kind of ["pointerdown", "pointermove"]) deck.addEventListener(kind, draw, true);
  addEventListener("beforeprint", () => show("light")); // paper is white
  addEventListener("afterprint", () => show());
}
