// The Python of a page, seen from the page: ask it, hear it, stop it. worker.js says what the two tell each other.
export const loading = ({ here, all }) =>
  `Python is loading: ${[here, all].map((bytes) => (bytes / 1e6).toFixed(1)).join(" of ")} MB`;

export class Kernel {
  // `heard` gets what the worker says of itself, and "died" if it is gone unasked.
  constructor(options, heard) {
    Object.assign(this, { options, heard, asked: new Map(), last: 0 });
  }

  // The answer of a task, undefined if it was stopped or the worker died.
  ask(message, hear = () => {}) {
    this.start();
    const id = ++this.last;
    return new Promise((resolve) => {
      this.asked.set(id, { resolve, hear });
      this.worker.postMessage({ id, ...message });
    });
  }

  start() {
    if (this.worker) return;
    const lock = `python ${Math.random()}`;
    const address = new URL("worker.js", import.meta.url);
    address.search = new URLSearchParams({ ...this.options, lock });
    const worker = (this.worker = new Worker(address, { type: "module" }));
    const mourning = new AbortController();
    this.forget = () => mourning.abort();
    const gone = (kind, value) => {
      if (this.worker !== worker) return;
      this.stop();
      this.heard(kind, value);
    };
    worker.onmessage = ({ data: { id, kind, value } }) => {
      const one = this.asked.get(id);
      if (kind === "done") {
        this.asked.delete(id);
        one?.resolve(value);
      } else if (kind === "alive") {
        // It holds this lock until it ends, however it ends.
        const held = navigator.locks.request(lock, { signal: mourning.signal }, () => gone("died"));
        held.catch(() => {}); // it was stopped
      } else if (kind === "failed") gone(kind, value);
      else if (id) one?.hear(kind, value);
      else this.heard(kind, value);
    };
    worker.onerror = (event) => gone("failed", event.message ?? "download");
  }

  // The only way out of an endless loop without cross-origin isolation; what Python knew is lost.
  stop() {
    this.forget?.();
    this.worker?.terminate();
    this.worker = undefined;
    for (const { resolve } of this.asked.values()) resolve(undefined);
    this.asked.clear();
  }
}
