// The page's end of its Python: asks it, stops it, and says in the bar how it is. The head of worker.js describes their
// messages; `element` is a function of site.js.
export const $ = (id) => document.getElementById(id);

export const button = (textContent, onclick, ariaLabel = null) =>
  element("button", { type: "button", textContent, onclick, ariaLabel });

export const dress = () =>
  new Promise((onload, onerror) => {
    const href = new URL("live.css", import.meta.url).href;
    document.head.append(element("link", { rel: "stylesheet", href, onload, onerror }));
  });

// The bar of the page: buttons, and what goes on, in words and for the styles.
export const bar = $("live");
const status = element("small", { role: "status" });

export function fillBar(ariaLabel, ...buttons) {
  Object.assign(bar, { role: "group", ariaLabel }).replaceChildren(...buttons, status);
}

export function say(state, text) {
  bar.dataset.state = state;
  status.textContent = text;
}

const WHY = {
  policy: "Python could not be loaded: this browser, or the policy of this site, does not let Python run.",
  download: "Python could not be loaded: the download broke off. What has come need not come again.",
  died: "Python broke down, perhaps for want of memory.",
};

export class Kernel {
  // What answers is `part`, a module of Python. `greeting` is said when it can, `hint` when it is gone.
  constructor(part, greeting, hint) {
    Object.assign(this, { part, greeting, hint, asked: new Map(), last: 0 });
  }

  // The answer of a task, undefined if it was stopped or the worker died.
  ask(task, options, hear) {
    this.start();
    const id = ++this.last;
    return new Promise((resolve) => {
      this.asked.set(id, { resolve, hear });
      this.worker.postMessage({ id, task, options });
    });
  }

  start() {
    if (!this.ready) say("loading", "Python is loading …");
    if (this.worker) return;
    const worker = new Worker(new URL(`worker.js?${this.part}`, import.meta.url), { type: "module" });
    const alive = () => this.worker === worker;
    this.worker = worker;
    worker.onmessage = ({ data: { id, kind, value } }) => {
      if (!alive()) return;
      const one = this.asked.get(id);
      if (kind === "alive") navigator.locks.request(value, () => alive() && this.heard("died"));
      else if (kind === "done") this.asked.delete(id), one.resolve(value);
      else if (id) one?.hear?.(kind, value);
      else this.heard(kind, value);
    };
    worker.onerror = ({ message }) => alive() && this.heard("failed", message);
  }

  // What the worker says of itself, and what is said of it.
  heard(kind, value) {
    const loading = bar.dataset.state === "loading";
    if (kind === "progress" && loading) {
      const [here, all] = value.map((bytes) => (bytes / 1e6).toFixed(1));
      say("loading", `Python is loading: ${here} of ${all} MB`);
    } else if (kind === "ready") {
      this.ready = true;
      if (loading) say("ready", `Python is ready. ${this.greeting}`);
    } else if (kind === "failed" || kind === "died") {
      this.stop();
      const why = kind === "died" ? kind : /CompileError|WebAssembly/.test(value) ? "policy" : "download";
      say(kind, `${WHY[why]} ${this.hint}`);
    }
  }

  // The only way out of an endless loop without cross-origin isolation; what Python knew is lost.
  stop() {
    this.worker?.terminate();
    this.worker = undefined;
    this.ready = false;
    for (const { resolve } of this.asked.values()) resolve(undefined);
    this.asked.clear();
  }
}
