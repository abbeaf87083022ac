// The cells of a page, made to run and to change where they stand. site.js brings this when a reader asks for it.
import { edit } from "./editor.js";
import { Kernel, loading } from "./kernel.js";

export const element = (tag, properties, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
export const button = (textContent, onclick, ariaLabel = null) =>
  element("button", { type: "button", textContent, onclick, ariaLabel });

// What a reader changed, under the text that it replaces, so that a new edition of the book keeps what it can.
class Changes {
  constructor(place) {
    this.place = place;
    try {
      this.all = JSON.parse(localStorage.getItem(place)) ?? {};
    } catch {
      this.all = {};
    }
  }

  keep(original, code) {
    if (code === original) delete this.all[original];
    else this.all[original] = code;
    try {
      if (Object.keys(this.all).length) localStorage.setItem(this.place, JSON.stringify(this.all));
      else localStorage.removeItem(this.place);
      this.kept = true;
    } catch {
      this.kept = false; // it is forbidden or full
    }
  }
}

class Output {
  constructor(root) {
    this.stored = root.querySelector(".cell_output");
    this.place = element("div", { className: "cell_output live-output" });
    if (this.stored) this.stored.after(this.place);
    else (root.querySelector(":scope > details.hide:not(.above-input)") ?? root).append(this.place);
  }

  reset() {
    this.place.replaceChildren();
    if (this.stored) this.stored.hidden = false;
  }

  // The stored output stays until there is something to put in its place.
  show(kind, value, changed) {
    if (this.fresh) this.place.replaceChildren();
    this.fresh = false;
    if (this.stored) this.stored.hidden = true;
    const name = { stdout: "stream", stderr: "stderr", error: "traceback", text: "text_plain" }[kind];
    const last = this.place.lastElementChild;
    if (kind === "png") this.place.append(this.figure(value, changed));
    else if (!name) this.place.append(this.rich(kind, value));
    else if (kind.startsWith("std") && last?.classList.contains(name)) last.querySelector("pre").append(value);
    else {
      const pre = element("pre", { textContent: value });
      this.place.append(
        element("div", { className: `output ${name}` }, element("div", { className: "highlight" }, pre)),
      );
      if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0;
    }
  }

  // The frame, number and caption of the stored figure hold the new one.
  frame(selector) {
    const frame = this.stored?.querySelector(selector)?.cloneNode(true);
    for (const one of frame ? [frame, ...frame.querySelectorAll("[id]")] : []) one.removeAttribute("id");
    return frame;
  }

  figure(data, changed) {
    const stored = this.frame("figure, img");
    const figure = stored ?? element("img", {});
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
  for (const table of box.querySelectorAll("table")) {
    table.classList.add("table");
    const scroller = element("div", { className: "pst-scrollable-table-container", tabIndex: 0 });
    table.replaceWith(scroller);
    scroller.append(table);
  }
  const formulas = box.querySelectorAll(".math");
  if (!formulas.length) return;
  if (!window.katex) {
    const src = new URL("katex.min.js", import.meta.url).href;
    await new Promise((resolve) => document.head.append(element("script", { src, onload: resolve, onerror: resolve })));
  }
  for (const place of formulas) {
    const displayMode = place.matches(".block");
    if (window.katex) katex.render(place.textContent, place, { displayMode, throwOnError: false });
  }
}

class Cell {
  constructor(page, root, index) {
    Object.assign(this, { page, root, index, output: new Output(root) });
    const highlight = root.querySelector(".cell_input .highlight:has(> pre)");
    this.name = `cell ${index + 1}`;
    this.editor = edit(highlight, `Code of ${this.name}`, () => this.changed());
    this.resets = button("Reset", () => this.reset(), `Reset ${this.name}`);
    this.state = element("span", { textContent: `Cell ${index + 1}` });
    const runs = button("Run", () => page.run(this), `Run ${this.name}`);
    root.querySelector(".cell_input").append(element("div", { className: "live-bar" }, runs, this.resets, this.state));
    this.resets.hidden = true;
    this.editor.area.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.shiftKey || event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      page.run(this);
      if (event.shiftKey) page.cells[index + 1]?.editor.area.focus();
    });
    const { original } = this.editor;
    if (original in page.changes.all) this.editor.code = page.changes.all[original];
  }

  get isChanged() {
    return this.editor.code !== this.editor.original;
  }

  changed() {
    this.resets.hidden = !this.isChanged;
    this.page.changes.keep(this.editor.original, this.editor.code);
    this.page.tell();
  }

  reset() {
    this.editor.code = this.editor.original;
    this.output.reset();
    this.say("");
  }

  say(text) {
    this.state.textContent = `Cell ${this.index + 1}${text && `: ${text}`}`;
  }

  async execute(kernel) {
    this.say("running …");
    this.root.ariaBusy = true;
    this.output.fresh = true;
    const begun = performance.now();
    const code = this.editor.code;
    const changed = this.page.cells.some((cell) => cell.isChanged);
    const good = await kernel.ask(
      { run: { index: this.index, code } },
      (kind, value) => this.output.show(kind, value, changed),
    );
    if (good && this.output.fresh) this.output.place.replaceChildren();
    const seconds = ((performance.now() - begun) / 1000).toFixed(1);
    this.root.ariaBusy = null;
    this.say(`${good ? "done" : good === false ? "an error" : "stopped"} after ${seconds} s`);
    return good;
  }
}

const WHY = {
  wasm:
    "This browser, or this site's policy, does not let Python run. The page stays as it is; the notebook in its menu runs elsewhere.",
  download: "The download broke off. What is here is kept: press Run to go on when there is a network.",
  died:
    "Python broke down, perhaps for want of memory. What you typed is still here; press Run, and the cells that are needed run again.",
};

class Page {
  constructor() {
    this.bar = document.getElementById("live");
    this.status = element("small", { role: "status" });
    this.note = element("small", {});
    this.stops = button("Stop", () => this.stop());
    this.resets = button("Reset all", () => this.reset());
    const all = button("Run all", () => this.run());
    this.bar.replaceChildren(
      all,
      this.stops,
      this.resets,
      button("Download", () => this.download()),
      this.status,
      this.note,
    );
    this.bar.role = "group";
    this.bar.ariaLabel = "Python in this page";
    this.stops.disabled = true;
    this.changes = new Changes(`code of ${location.pathname}`);
    const roots = document.querySelectorAll("div.cell:has(.cell_input)");
    this.cells = [];
    for (const [index, root] of roots.entries()) this.cells.push(new Cell(this, root, index));
    this.tell();
    all.focus();
    this.turn = Promise.resolve();
    this.kernel = new Kernel({ packages: "live", later: "matplotlib" }, (kind, value) => this.hear(kind, value));
    this.say("loading", "Python is loading …");
    this.kernel.start();
  }

  get ready() {
    return this.kernel.worker && this.kernel.worker === this.readied;
  }

  say(state, text) {
    this.status.textContent = text;
    this.bar.dataset.state = state;
  }

  tell() {
    const changed = this.cells.filter((cell) => cell.isChanged).length;
    this.resets.disabled = !changed;
    const kept = this.changes.kept === false
      ? "This browser keeps nothing: download what you want to keep."
      : "Your changes are kept on this device until you reset them.";
    this.note.textContent = changed ? kept : "";
  }

  hear(kind, value) {
    if (kind === "progress" && this.bar.dataset.state === "loading") this.say("loading", loading(value));
    else if (kind === "ready") {
      this.readied = this.kernel.worker;
      if (!this.running) this.say("ready", "Python is ready.");
    }
    if (kind === "failed") this.say(kind, /CompileError|WebAssembly/.test(value) ? WHY.wasm : WHY.download);
    else if (kind === "died") this.say(kind, WHY.died);
  }

  // A cell and what it needs of those above, or all of them; one such run after the other.
  run(cell) {
    const { stopped } = this;
    this.turn = this.turn.then(() => this.stopped === stopped && this.runNow(cell));
  }

  async runNow(cell) {
    const codes = this.cells.map(({ editor }) => editor.code);
    this.running = true;
    this.stops.disabled = false;
    if (!this.ready) this.say("loading", "Python is loading …");
    const index = (cell ?? this.cells.at(-1)).index;
    let due = await this.kernel.ask({ needs: { codes, index } });
    if (due && !cell) due = this.cells.keys();
    let good = due;
    const list = [...(due ?? [])].map((i) => this.cells[i]);
    for (const [done, one] of list.entries()) {
      const left = list.length - done - 1;
      this.say("running", `${one.name} runs${left ? `, ${left} to go` : ""} …`);
      good = await one.execute(this.kernel);
      if (!good) break;
    }
    this.running = false;
    this.stops.disabled = true;
    if (good) this.say("ended", "Done.");
    else if (good === false) this.say("ended", "An error stopped it.");
  }

  stop() {
    this.stopped = {};
    this.kernel.stop();
    this.say("ended", "Stopped. What a cell needs will run again.");
    this.kernel.start(); // so that it is ready when it is needed
  }

  reset() {
    if (!confirm("Throw away your changes of this page?")) return;
    for (const cell of this.cells) if (cell.isChanged) cell.reset();
  }

  // The notebook of this page, with the code as it is now and without the outputs of what was changed.
  async download() {
    const source = document.querySelector('#actions a[download][href$=".ipynb"]').href;
    const notebook = await (await fetch(source)).json();
    const changes = Object.entries(this.changes.all);
    for (const cell of notebook.cells) {
      const text = [cell.source].flat().join(""); // a folded cell has its title before its code
      const [original, code] = changes.find(([original]) => cell.cell_type === "code" && text.endsWith(original)) ?? [];
      if (original) Object.assign(cell, { source: text.slice(0, -original.length) + code, outputs: [] });
    }
    const href = URL.createObjectURL(
      new Blob([JSON.stringify(notebook, null, 1)], { type: "application/x-ipynb+json" }),
    );
    element("a", { href, download: source.split("/").pop() }).click();
    setTimeout(() => URL.revokeObjectURL(href), 1000);
  }
}

export async function dress() {
  const href = new URL("live.css", import.meta.url).href;
  await new Promise((resolve, reject) => {
    document.head.append(element("link", { rel: "stylesheet", href, onload: resolve, onerror: reject }));
  });
}

export async function begin() {
  await dress();
  return new Page();
}
