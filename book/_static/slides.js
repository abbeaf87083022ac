"use strict";
// Start the show. Without this script, and for printing, a deck is a page of slides.
const root = document.documentElement;
const deck = document.querySelector(".deck");
const address = new URL(location);
const asked = address.searchParams;

function show(theme = asked.get("theme")) {
  root.dataset.theme = theme === "dark" ? "dark" : "light";
}

// In the address, so that a reload and the speaker view keep it
function keep(theme) {
  show(theme);
  asked.set("theme", root.dataset.theme);
  address.hash = Reveal.getSlidePath();
  history.replaceState(null, "", address);
}

if (asked.has("print-pdf")) {
  root.classList.toggle("handout", asked.has("notes"));
} else {
  show();
  deck.classList.add("reveal");
  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    center: false,
    hash: true,
    transition: "none",
    controlsLayout: "edges",
    controlsTutorial: false,
    scrollActivationWidth: 0, // on a phone, too, a slide is a slide
    defaultTiming: 60, // of a slide that does not say its seconds, for the clock of the speaker view
    keyboardCondition: ({ altKey }) => !altKey, // that is the browser's
    plugins: [RevealNotes],
  });
  // The overview is longer than the window: it follows the keys.
  for (const event of ["overviewshown", "slidechanged"]) {
    Reveal.on(event, () => {
      if (Reveal.isOverview()) Reveal.getCurrentSlide().scrollIntoView({ block: "nearest" });
    });
  }
  // All windows of a deck on this machine, the previews of the speaker view among them
  const room = new BroadcastChannel(location.pathname);
  room.onmessage = ({ data }) => keep(data);
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark room" }, () => {
    keep(root.dataset.theme === "dark" ? "light" : "dark");
    room.postMessage(root.dataset.theme);
  });
  addEventListener("beforeprint", () => show("light")); // paper is white
  addEventListener("afterprint", () => show());
}
