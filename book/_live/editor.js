// A field over coloured text: the look is that of the book's code, the editing is the browser's, and Tab leaves it.
// `element` is a function of site.js.

const TOKENS = {
  c1: /#.*/,
  s2: /[rbfRBF]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)/,
  mi: /\b\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?/,
  n: /[\p{L}_][\p{L}\p{N}_]*/u,
  o: /[-+*\/%@=<>!&|^~]+/,
};
const TOKEN = new RegExp(Object.entries(TOKENS).map(([kind, { source }]) => `(?<${kind}>${source})`).join("|"), "gu");
const WORDS = {
  k: "and as assert async await break class continue def del elif else except False finally for from global if " +
    "import in is lambda None nonlocal not or pass raise return True try while with yield",
  nb: "abs all any bool dict enumerate filter float int isinstance len list map max min next print range repr " +
    "reversed round set sorted str sum super tuple type zip",
};
const KINDS = new Map(Object.entries(WORDS).flatMap(([kind, words]) => words.split(" ").map((word) => [word, kind])));

function paint(pre, text) {
  const pieces = [];
  let end = 0;
  for (const { 0: textContent, groups, index } of text.matchAll(TOKEN)) {
    const kind = Object.keys(groups).find((name) => groups[name] !== undefined);
    const className = KINDS.get(textContent) ?? kind;
    pieces.push(text.slice(end, index), element("span", { className, textContent }));
    end = index + textContent.length;
  }
  pre.replaceChildren();
  for (const piece of [...pieces, text.slice(end), "\n"]) pre.append(piece); // the last line needs its height
}

// `changed` hears of each change, `run` of Shift+Enter and Ctrl+Enter.
export function edit(highlight, ariaLabel, changed, run) {
  const pre = highlight.querySelector("pre");
  const original = pre.textContent.replace(/\n$/, "");
  const looks = { spellcheck: false, autocapitalize: "off", autocomplete: "off", wrap: "off" };
  const area = element("textarea", { value: original, ariaLabel, ...looks });
  area.setAttribute("autocorrect", "off");
  pre.ariaHidden = true;
  pre.removeAttribute("tabindex");
  highlight.classList.add("editable");
  highlight.append(area);
  area.addEventListener("input", () => {
    paint(pre, area.value);
    changed();
  });
  area.addEventListener("keydown", (event) => {
    // An Enter that ends the writing of a word by an input method is that method's; Safari tells it by its code alone.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    if (event.shiftKey || event.ctrlKey || event.metaKey) return run(event);
    const line = area.value.slice(0, area.selectionStart).split("\n").pop();
    const indent = line.match(/^[ \t]*/)[0] + (/^[^#]*:\s*(#.*)?$/.test(line) ? "    " : "");
    document.execCommand("insertText", false, `\n${indent}`); // the only way that keeps undo
  });
  return {
    area,
    original,
    get code() {
      return area.value;
    },
    // As if a reader typed it, who can undo that.
    retype(text) {
      area.focus();
      area.select();
      document.execCommand("insertText", false, text);
    },
    set code(text) {
      area.value = text;
      area.dispatchEvent(new Event("input"));
    },
  };
}
