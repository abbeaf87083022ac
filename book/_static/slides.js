"use strict";
// Start the show. Without this script, and for printing, a deck is a page of slides.
const root = document.documentElement;
const deck = document.querySelector(".deck");
const address = new URL(location);
const asked = address.searchParams;

function show(theme) {
  root.dataset.theme = theme;
}

if (asked.has("print-pdf")) {
  root.classList.add("print");
  root.classList.toggle("handout", asked.has("notes"));
} else {
  show(asked.get("theme") === "dark" ? "dark" : "light");
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
    plugins: [RevealNotes],
  });
  Reveal.addKeyBinding({ keyCode: 68, key: "D", description: "Dark room" }, () => {
    show(root.dataset.theme === "dark" ? "light" : "dark");
    // So that a reload and the speaker view keep it.
    asked.set("theme", root.dataset.theme);
    address.hash = Reveal.getSlidePath();
    history.replaceState(null, "", address);
  });
}
