// A field over coloured text: the look is that of the book's code, the editing is the browser's, and Tab leaves it.
const words = (text) => String.raw`\b(?:${text.replaceAll(" ", "|")})\b`;
const TOKENS = new RegExp(
  Object.entries({
    c1: String.raw`#[^\n]*`,
    s2: String.raw`[rbfRBF]{0,2}(?:"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?)`,
    mi: String.raw`\b\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d+)?`,
    kc: words("True False None"),
    ow: words("and in is not or"),
    k: words(
      "as assert async await break class continue def del elif else except finally for from global if import lambda " +
        "nonlocal pass raise return try while with yield",
    ),
    nb: words(
      "abs all any bool dict enumerate filter float int isinstance len list map max min next print range repr " +
        "reversed round set sorted str sum super tuple type zip",
    ),
    name: String.raw`[\p{L}_][\p{L}\p{N}_]*`,
    o: String.raw`[-+*/%@=<>!&|^~]+`,
  })
    .map(([kind, pattern]) => `(?<${kind}>${pattern})`)
    .join("|"),
  "gu",
);

function paint(pre, text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const [kind] = Object.entries(match.groups).find(([, token]) => token !== undefined);
    const span = Object.assign(document.createElement("span"), { className: kind, textContent: match[0] });
    pieces.push(text.slice(end, match.index), span);
    end = match.index + match[0].length;
  }
  pre.replaceChildren(...pieces, text.slice(end), "\n"); // the last line needs its height
}

export function edit(highlight, label, changed) {
  const pre = highlight.querySelector("pre");
  const original = pre.textContent.replace(/\n$/, "");
  const area = Object.assign(document.createElement("textarea"), {
    value: original,
    spellcheck: false,
    autocapitalize: "off",
    autocomplete: "off",
    wrap: "off",
    ariaLabel: label,
  });
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
    if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const line = area.value.slice(0, area.selectionStart).split("\n").pop();
    const indent = line.match(/^ */)[0] + (/:\s*$/.test(line) ? "    " : "");
    document.execCommand("insertText", false, `\n${indent}`); // the only way that keeps undo
  });
  return {
    area,
    original,
    get code() {
      return area.value;
    },
    set code(text) {
      area.value = text;
      area.dispatchEvent(new Event("input"));
    },
  };
}
