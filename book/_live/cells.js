// Lets readers change the cells of a page where they stand, and run them by cells.py. site.js loads this when a reader
// asks for it; `element`, `keep`, `recall`, `placeOf` and `sizes` are its own.
import { edit } from "./editor.js";
import { button, dress, fillBar, Kernel, say } from "./kernel.js";

// Text after a lone \r takes the place of the line before it.
function overwrite(pre, text) {
  const lines = (pre.textContent + text).split("\n");
  pre.textContent = lines.map((line) => line.replace(/^[^]*\r(?=[^\r])/, "")).join("\n");
}

class Output {
  constructor(root) {
    this.stored = root.querySelector(".cell_output");
    this.place = element("div", { className: "cell_output live-output" });
    if (this.stored) this.stored.after(this.place);
    else (root.querySelector(":scope > details.hide:not(.above-input)") ?? root).append(this.place);
  }

  clear(hidden) {
    this.place.replaceChildren();
    this.stored?.toggleAttribute("hidden", hidden);
    this.fresh = false;
  }

  // The stored output stays until there is something to put in its place, or the cell is done.
  show(kind, value, changed) {
    if (this.fresh) this.clear(true);
    const name = { stdout: "stream", stderr: "stderr", error: "traceback", text: "text_plain" }[kind];
    const last = this.place.lastElementChild;
    if (kind === "png") this.place.append(this.figure(value, changed));
    else if (!name) this.place.append(this.rich(kind, value));
    else if (kind.startsWith("std") && last?.classList.contains(name)) overwrite(last.querySelector("pre"), value);
    else {
      const pre = element("pre", { className: /^['"]/.test(value) ? "said" : "", translate: false });
      overwrite(pre, value);
      const box = element("div", { className: "highlight" }, pre);
      this.place.append(element("div", { className: `output ${name}` }, box));
    }
  }

  done(good) {
    if (good && this.fresh) this.clear(true);
    for (const pre of this.place.querySelectorAll("pre")) sizes.observe(pre);
  }

  // The frame, number and caption of the stored figure hold the new one.
  frame(selector) {
    const frame = this.stored?.querySelector(selector)?.cloneNode(true);
    for (const one of frame ? [frame, ...frame.querySelectorAll("[id]")] : []) one.removeAttribute("id");
    return frame;
  }

  figure(data, changed) {
    const stored = !this.place.querySelector("img") && this.frame("figure, img"); // it has one caption
    const figure = stored || element("img", {});
    const image = figure.matches("img") ? figure : figure.querySelector("img");
    const src = `data:image/png;base64,${data}`;
    if (image.closest("a")) image.closest("a").href = src;
    const alt = stored && !changed ? image.alt : "A figure that the code of this page drew, changed by you.";
    image.onload = () => Object.assign(image, { width: image.naturalWidth / 2, height: image.naturalHeight / 2 });
    Object.assign(image, { src, alt, loading: "eager" });
    return figure;
  }

  rich(kind, value) {
    const box = element("div", { className: `output text_${kind}`, innerHTML: value });
    if (kind === "markdown") typeset(box);
    // A script in a page does not run under the policy of the site; what the book wrote is in a file.
    for (const { src } of this.stored?.querySelectorAll("script[src]") ?? []) box.append(element("script", { src }));
    const frame = this.frame("figure:has(.output)");
    frame?.querySelector(".output").replaceWith(box);
    return frame ?? box;
  }
}

// Formulas are typeset when the book is built; only what a cell writes needs KaTeX here.
async function typeset(box) {
  const formulas = box.querySelectorAll(".math");
  if (formulas.length) await import("./katex.min.js").catch(() => {}); // without it they stay TeX
  for (const place of formulas) {
    const displayMode = place.matches(".block");
    window.katex?.render(place.textContent, place, { displayMode, throwOnError: false });
  }
}

class Cell {
  constructor(page, root, index) {
    Object.assign(this, { page, root, index, name: `cell ${index + 1}`, output: new Output(root) });
    const highlight = root.querySelector(".cell_input .highlight:has(> pre)");
    // What a reader changed is kept under the text that it replaces, so that a new edition of the book finds it.
    this.place = placeOf(highlight.querySelector("pre"));
    const run = ({ shiftKey }) => {
      page.run(this);
      const below = page.cells.slice(index + 1).find(({ editor }) => editor.area.checkVisibility());
      if (shiftKey) below?.editor.area.focus();
    };
    this.editor = edit(highlight, `Code of ${this.name}`, () => this.changed(), run);
    this.resets = button("Reset", () => this.reset(this.editor.retype), `Reset ${this.name}`);
    this.resets.hidden = true;
    this.state = element("span", {});
    this.say();
    const runs = button("Run", () => page.run(this), `Run ${this.name}`);
    root.querySelector(".cell_input").append(element("div", { className: "live-bar" }, runs, this.resets, this.state));
    const kept = recall(this.place);
    if (kept !== null) this.editor.code = kept;
  }

  say(text) {
    this.state.textContent = text ? `Cell ${this.index + 1}: ${text}` : `Cell ${this.index + 1}`;
  }

  get isChanged() {
    return this.editor.code !== this.editor.original;
  }

  changed() {
    this.resets.hidden = !this.isChanged;
    keep(this.place, this.isChanged ? this.editor.code : undefined);
    const kept = recall(this.place) === this.editor.code
      ? "and kept on this device until you reset it"
      : "but this browser keeps nothing: download what you want to keep";
    this.say(this.isChanged && `changed, ${kept}`);
  }

  reset(write = (code) => (this.editor.code = code)) {
    write(this.editor.original);
    this.output.clear(false);
  }

  async execute() {
    const { page, index, output } = this;
    this.say("running …");
    this.root.ariaBusy = this.resets.disabled = true;
    output.fresh = true;
    const begun = performance.now();
    const { isChanged } = page;
    const good = await page.kernel.ask("run", { index }, (kind, value) => output.show(kind, value, isChanged));
    output.done(good);
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    this.root.ariaBusy = null;
    this.resets.disabled = false;
    this.say(`${good ? "done" : good === false ? "an error" : "stopped"} after ${seconds} s`);
    return good;
  }
}

class Page {
  constructor() {
    this.stops = button("Stop", () => this.stop());
    this.stops.disabled = true;
    const resets = button("Reset all", () => this.reset());
    this.all = button("Run all", () => this.run());
    const downloads = button("Download", () => this.download());
    fillBar("Python in this page", this.all, this.stops, resets, downloads);
    this.cells = [];
    const roots = document.querySelectorAll("div.cell:has(.cell_input)");
    for (const [index, root] of roots.entries()) this.cells.push(new Cell(this, root, index));
    this.all.focus({ preventScroll: true });
    this.turn = Promise.resolve();
    const how = "A cell brings what it names of those above, Run all runs everything anew. Integers have 32 bits.";
    this.kernel = new Kernel("cells", how, "What you typed is kept: press Run to try again.");
    this.kernel.start(); // while the reader reads
  }

  get isChanged() {
    return this.cells.some((cell) => cell.isChanged);
  }

  // A cell and what it needs of those above, or all of them; one such run after the other.
  run(cell) {
    const { stopped } = this;
    this.turn = this.turn.then(() => this.stopped === stopped && this.runNow(cell));
  }

  async runNow(cell) {
    this.stops.disabled = false;
    const codes = this.cells.map(({ editor }) => editor.code);
    const due = await this.kernel.ask("plan", { codes, index: cell?.index });
    let [good, one] = [due, cell ?? this.cells[0]]; // good is false after an error, undefined after a stop
    for (const [done, index] of (due || []).entries()) {
      one = this.cells[index];
      const left = due.length - done - 1;
      say("running", `${one.name} runs${left ? `, ${left} to go` : ""} …`);
      good = await one.execute();
      if (!good) break;
    }
    if (document.activeElement === this.stops) this.all.focus({ preventScroll: true });
    this.stops.disabled = true;
    if (good !== undefined) say("ended", good ? "Done." : `An error in ${one.name} stopped it.`);
  }

  stop() {
    this.stopped = {};
    this.kernel.stop();
    this.kernel.start(); // so that it is ready when it is needed
    say("ended", "Stopped. What a cell needs will run again.");
  }

  reset() {
    if (!confirm("Throw away your changes of this page, and what came of running it?")) return;
    if (!this.stops.disabled) this.stop();
    for (const cell of this.cells) cell.reset(); // unchanged ones, too: they may have run with changed ones
  }

  // The notebook of this page, with the code as it is now and without the outputs of what was changed.
  async download() {
    const { href } = document.querySelector('#actions a[download][href$=".ipynb"]');
    const response = await fetch(href).catch(() => {});
    if (!response?.ok) {
      return say("ended", "The notebook could not be fetched: check the network and press Download again.");
    }
    const notebook = await response.json();
    for (const { isChanged, editor: { original, code } } of this.cells) {
      if (!isChanged) continue;
      // A folded cell has its title before its code; a solution is not in this edition, and comes at its end.
      let cell = notebook.cells.find((one) => one.cell_type === "code" && one.source.join("").endsWith(original));
      if (!cell) {
        const id = `changed-${notebook.cells.length}`;
        cell = { cell_type: "code", id, metadata: {}, execution_count: null, source: [original] };
        notebook.cells.push(cell);
      }
      Object.assign(cell, { source: [cell.source.join("").slice(0, -original.length) + code], outputs: [] });
    }
    const file = new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" });
    element("a", { href: URL.createObjectURL(file), download: href.split("/").pop() }).click();
  }
}

export async function begin() {
  await dress();
  return new Page();
}
