// One Python for a page, off the page's own thread. This is the one protocol between the two:
//
//   page → worker   {id, task, options}         what the page asks of the module that the address of this file names:
//                                               `answer(task, options)` of cells.py, or of play.py
//   worker → page   {id, kind, value}           what the task shows while it runs
//                   {id, kind: "done", value}   its answer, the last of its messages
//                   {kind, value}               of the worker itself: "alive", with the name of the Web Lock that it
//                                               holds until it ends, however it ends; "progress", how many bytes are
//                                               here, of how many; "ready"; "failed"
//
// A cell shows "stdout" and "stderr" (text, in pieces), "text", "html", "markdown", "png" (in base64), "svg", and
// "error" (a short traceback). A task of the playground shows nothing, and answers with numbers to draw.
const part = location.search.slice(1);
const say = (id, kind, value) => postMessage({ id, kind, value });
const network = self.fetch;
const lockFileURL = new URL("pyodide-lock.json", import.meta.url).href;
const sizes = { here: 0, all: 0 };
let base, store, fail;
let coming = new Map(); // the answer for each of the first files
const keeping = [];
const broken = new Promise((_, reject) => (fail = reject));

// What was fetched once is kept under its hash; a host's own rules, or a new book, would let it be fetched again.
async function load({ name, sha256 }) {
  const kept = await store?.match(base + sha256);
  const response = kept ?? (await network(`${base}${name}.gzipped`, { cache: "no-cache" }));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  if (!kept && store) keeping.push(store.put(base + sha256, response.clone()).catch(() => {})); // there is no room
  const transform = (piece, stream) => {
    sizes.here += piece.length;
    say(undefined, "progress", [sizes.here, sizes.all]);
    stream.enqueue(piece);
  };
  const counted = new TransformStream({ transform }, {}, { highWaterMark: Infinity }); // whoever reads it, and when
  const plain = new DecompressionStream("gzip");
  response.body.pipeThrough(counted).pipeTo(plain.writable).catch(async (error) => {
    await Promise.allSettled(keeping); // what is still being kept could not be deleted
    await store?.delete(base + sha256);
    fail(error);
  });
  const headers = name.endsWith(".wasm") ? { "Content-Type": "application/wasm" } : {};
  return new Response(plain.readable, { headers });
}

// Pyodide asks for one file after another; they come side by side, and wait for it here.
async function fetchAll({ info, files, starts }) {
  base = new URL(`../pyodide-${info.version}/`, import.meta.url).href;
  store = await self.caches?.open("python").catch(() => undefined); // a browser may forbid it
  const known = new Map(files.map((file) => [base + file.name, file]));
  const first = files.filter(({ name }) => starts[part].files.includes(name));
  sizes.all = starts[part].size;
  coming = new Map(first.map((file) => [file, load(file)]));
  for (const one of coming.values()) one.catch(fail);
  self.fetch = (request, ...rest) => {
    const file = known.get(String(request));
    return file ? coming.get(file) ?? load(file) : network(request, ...rest);
  };
  const wanted = new Set(files.map(({ sha256 }) => base + sha256));
  for (const { url } of (await store?.keys()) ?? []) if (!wanted.has(url)) store.delete(url);
}

// The function `answer` of the page's module, with plain values in and out.
async function start() {
  // A policy without wasm-unsafe-eval fails here; Pyodide would wait for ever.
  new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  const lock = await (await network(lockFileURL)).json();
  await fetchAll(lock);
  const { loadPyodide } = await import(`${base}pyodide.module.js`);
  const env = { HOME: "/home/pyodide", MPLBACKEND: "module://live.backend", PYTHONDONTWRITEBYTECODE: "1" };
  const python = await loadPyodide({ indexURL: base, lockFileURL, env, packages: lock.starts[part].packages });
  python.setStdin({ error: true });
  const module = python.pyimport(`live.${part}`);
  return async (task, options) => {
    const found = await module.answer(task, python.toPy(options));
    if (!found?.toJs) return found;
    const answer = found.toJs({ dict_converter: Object.fromEntries });
    found.destroy();
    return answer;
  };
}

let current; // the task that Python works at, and shows something for
self.send = (kind, value) => say(current, kind, value);
const life = `python ${Math.random()}`;
navigator.locks?.request(life, () => {
  say(undefined, "alive", life);
  return new Promise(() => {});
});
const ready = Promise.race([start(), broken]);
ready.then(
  () => say(undefined, "ready"),
  async (error) => {
    await Promise.allSettled(coming.values());
    await Promise.allSettled(keeping); // what can still come is kept
    say(undefined, "failed", String(error));
  },
);

onmessage = async ({ data: { id, task, options } }) => {
  const answer = await ready.catch(() => new Promise(() => {})); // the page hears "failed", and asks no more
  try {
    current = id;
    say(id, "done", await answer(task, options));
  } catch (error) {
    say(id, "error", String(error));
    say(id, "done", false);
    if (error.pyodide_fatal_error) self.close();
  }
};
