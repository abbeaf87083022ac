"use strict";
// Finds the sections that hold the words asked for: whole words before beginnings of words, titles before texts.
const LIMIT = 20;

// What else a reader may mean: a symbol, a word of the book's, or the title of a section.
const ALSO = {
  __proto__: null, // a reader may look for "constructor"
  autodiff: ["automatic differentiation"],
  backprop: ["backpropagation"],
  convergence: ["converge"],
  "dead units": ["seeds that fail"],
  epoch: ["the update rule"],
  epsilon: ["ε"],
  eta: ["η", "the learning rate"],
  "finite differences": ["checking a gradient"],
  gd: ["the update rule"],
  initialisation: ["init"],
  license: ["licence"],
  minibatch: ["the update rule"],
  modelling: ["model"],
  nabla: ["∇"],
  performance: ["speed"],
  phi: ["φ"],
  relu: ["seeds that fail"],
  sgd: ["stochastic gradient descent"],
  sigma: ["σ"],
  "step size": ["the learning rate"],
  theta: ["θ"],
  "vanishing gradient": ["when the product vanishes or explodes"],
};
// Words of a question that say little of what is asked, left out while there are others
const SMALL = new Set(
  "a an and are can choose do does for from how i in is it my of on or should the to vs what when where which why with work"
    .split(" "),
);
const LOWER = [
  "The package",
  "The same in PyTorch",
  "Questions for an exam and for a room",
  "Bibliography",
  "What can be pulled",
  "Exercises",
  "Further reading",
];

// Letters as they are compared: of one case and shape, with neither hyphens nor -ize.
const folded = Object.create(null);
const fold = (word) => (folded[word] ??= word
  .normalize("NFKD")
  .toLowerCase()
  .replace(/[\p{M}\u2010\u2011_-]/gu, "")
  .replace(/(?<=.{3})iz(?=e|a|i)/g, "is"));

const stems = Object.create(null);
const stem = (word) => (stems[word] ??= word.replace(/(?<=.{4})(?:ing|ence|ed|es|e|s)$/, ""));

// The words of a text, each also in its parts: `numerical_gradient` answers to gradient.
function wordsOf(text) {
  const found = [];
  for (const { 0: word, index } of text.matchAll(/[\p{L}\p{N}∇∂]+(?:[-‐‑_][\p{L}\p{N}]+)*/gu)) {
    const parts = word.split(/[-‐‑_]/);
    const forms = parts.length > 1 ? [word, ...parts].map(fold) : [fold(word)];
    found.push({ forms, index, end: index + word.length });
  }
  return found;
}

const joined = (words) => ` ${words.map(({ forms: [word] }) => word).join(" ")} `;

// How well a word answers: wholly, in one of its parts or another ending, or in its beginning.
function likeness(asked, [whole, ...parts]) {
  let best = 0;
  for (const word of asked) {
    if (whole === word || whole === `${word}s` || word === `${whole}s`) return 1;
    if (parts.includes(word) || stem(whole) === stem(word)) best = 0.8;
    else if (word.length > 2 && whole.startsWith(word)) best = Math.max(best, 0.4);
  }
  return best;
}

// What a text is worth for a word: its best answer, and more the more of the text answers.
function worth(asked, words) {
  const found = words.map(({ forms }) => likeness(asked, forms)).filter(Boolean);
  return found.length && Math.max(...found) * (1 + Math.min(1, (20 * found.length) / (words.length + 60)));
}

// Whether one letter, or two that have changed places, make one word of another.
function isNear(one, other) {
  let [start, end] = [0, 0];
  while (start < one.length && one[start] === other[start]) start++;
  while (end < Math.min(one.length, other.length) - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  const [here, there] = [one, other].map((word) => word.slice(start, word.length - end));
  return Math.max(here.length, there.length) < 2 || (here.length === 2 && here === there[1] + there[0]);
}

// The words that a reader means: one with a hyphen in parts if the book has it so, one mistyped as the book has it.
function meant(query, texts) {
  const known = new Map(); // how often the book has each word
  for (const { forms } of texts.flat(2)) for (const form of forms) known.set(form, (known.get(form) ?? 0) + 1);
  const isKnown = (word) =>
    word in ALSO || known.has(word) || [...known.keys()].some((form) => likeness([word], [form]));
  const words = wordsOf(query).flatMap(({ forms: [whole, ...parts] }) =>
    parts.length && !isKnown(whole) ? parts : whole
  );
  const mended = words.map((word) => {
    if (word.length < 5 || isKnown(word)) return word;
    const near = [...known.keys()].filter((form) => isNear(word, form));
    return near.sort((one, other) => known.get(other) - known.get(one))[0] ?? word;
  });
  return { words: mended, mistyped: mended.some((word, i) => word !== words[i]) };
}

function search(query) {
  const texts = SECTIONS.map(([, title, , text, code]) => [title, text, code].map(wordsOf));
  const { words: all, mistyped } = meant(query, texts);
  const large = all.filter((word) => !SMALL.has(word));
  const words = large.length ? large : all;
  const asked = words.map((word) => [word, ...(ALSO[word] ?? [])]);
  const phrases = [...new Set([all.join(" "), words.join(" ")])];
  const titles = phrases.flatMap((phrase) => [phrase, ...(ALSO[phrase] ?? [])]).map((title) => ` ${title} `);
  const found = SECTIONS.map(([page, title, address, text], i) => {
    const [titled, written, coded] = texts[i];
    const lower = LOWER.includes(page) || LOWER.includes(title);
    const section = { page, title, address, text, asked, written, words: 0, named: 0, value: 0 };
    for (const word of asked) {
      const values = [6 * worth(word, titled), worth(word, written), 0.3 * worth(word, coded)];
      section.value += values[0] + values[1] + values[2];
      section.words += values.some(Boolean);
      section.named += values[0] > 0;
    }
    if (titles.includes(joined(titled))) {
      section.value += lower ? 6 : 15;
      section.words = section.named = words.length;
    } else if (words.length > 1) {
      const holds = (text) => phrases.some((phrase) => joined(text).includes(` ${phrase} `));
      section.value += 4 * holds(titled) + 2 * holds(written);
    }
    if (lower) section.value *= 0.6;
    return section;
  });
  const most = Math.max(1, ...found.map(({ words }) => words));
  const best = found.filter(({ words }) => words === most).sort((one, other) => other.value - one.value);
  return { found: best, mended: mistyped && all.join(" ") };
}

// An excerpt from where the words stand together, and those beside the first, by which a browser marks the place.
function excerpt({ text, asked, written, named }) {
  const marked = written.filter(({ forms }) => asked.some((word) => likeness(word, forms)));
  const close = (one, other) => Math.abs(one.index - other.index) < 110;
  const answers = (place) => {
    const words = marked.filter((word) => close(word, place));
    const best = asked.map((word) => Math.max(...words.map(({ forms }) => likeness(word, forms))));
    return best.reduce((sum, one) => sum + one);
  };
  const [first] = marked.map((word) => [word, answers(word)]).sort(([, one], [, other]) => other - one)[0] ?? [];
  const p = element("p");
  const near = first ? written.filter((word) => close(word, first)) : written.slice(0, 35);
  if (!near.length) return { p, place: "" };
  let at = near[0].index;
  if (at > 0 && written[0] !== near[0]) p.append("… ");
  for (const { index, end } of marked.filter((word) => near.includes(word))) {
    p.append(text.slice(at, index), element("mark", {}, text.slice(index, end)));
    at = end;
  }
  p.append(text.slice(at, near.at(-1).end));
  p.append(near.at(-1) === written.at(-1) ? text.slice(near.at(-1).end) : " …");
  if (!first || named === asked.length) return { p, place: "" }; // the title is the place
  const i = written.indexOf(first);
  const words = written.slice(Math.max(0, i - 2), i + 3);
  return { p, place: text.slice(words[0].index, words.at(-1).end) };
}

function show(query) {
  const { found, mended } = search(query);
  const items = found.slice(0, LIMIT).map((section) => {
    const { page, title, address } = section;
    const { p, place } = excerpt(section);
    const text = encodeURIComponent(place).replaceAll("-", "%2D");
    const mark = place && "fragmentDirective" in document ? `:~:text=${text}` : "";
    const href = address + (mark && !address.includes("#") ? "#" : "") + mark;
    return element("li", {}, element("a", { href }, title), title === page ? "" : ` · ${page}`, p);
  });
  const many = found.length > LIMIT ? `, of which these are the first ${LIMIT}` : "";
  const count = found.length
    ? `${found.length} section${found.length > 1 ? "s" : ""} found${many}.`
    : "No section has any of these words.";
  const status = element("p", {}, mended ? `Results for “${mended}”: ` : "", count);
  status.setAttribute("role", "status");
  box.replaceChildren(element("h2", {}, "Search results"), status, element("ol", {}, ...items));
}

const box = document.getElementById("search-results");
const query = new URLSearchParams(location.search).get("q")?.trim();
if (query) {
  document.querySelector("main [name=q]").value = query;
  show(query);
} else box.style.visibility = "hidden"; // the list has come, and nothing jumps
