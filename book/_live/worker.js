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
const lockFileURL = new URL("pyodide-lock.json", import.meta.url).href;
const network = self.fetch;

// Pyodide asks for one file after another; they come side by side, and wait for it here. The browser keeps them; with
// `no-cache` it asks the host only whether they are still the same. Whatever the host does, they are inflated here.
function fetchAll(base, { files, size }, fail) {
  let here = 0;
  const transform = (piece, stream) => {
    here += piece.length;
    say(undefined, "progress", [here, size]);
    stream.enqueue(piece);
  };
  const load = async (url) => {
    const ask = (cache) => network(`${url}.gzipped`, { cache });
    const response = await ask("no-cache").catch(() => ask("force-cache")); // there may be no network by now
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    const counted = new TransformStream({ transform }, {}, { highWaterMark: Infinity }); // whoever reads it, and when
    const plain = new DecompressionStream("gzip");
    response.body.pipeThrough(counted).pipeTo(plain.writable).catch(fail);
    const headers = url.endsWith(".wasm") ? { "Content-Type": "application/wasm" } : {};
    return new Response(plain.readable, { headers });
  };
  const coming = new Map(files.map((name) => [base + name, load(base + name)]));
  for (const one of coming.values()) one.catch(fail); // Pyodide would go on without it
  self.fetch = (request, ...rest) => {
    const url = String(request);
    return url.startsWith(base) ? coming.get(url) ?? load(url) : network(request, ...rest);
  };
}

// The function `answer` of the page's module, with plain values in and out.
async function start(fail) {
  // A policy without wasm-unsafe-eval fails here; Pyodide would wait for ever.
  new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  const { info, starts } = await (await network(lockFileURL)).json();
  const indexURL = new URL(`../pyodide-${info.version}/`, import.meta.url).href;
  fetchAll(indexURL, starts[part], fail);
  const { loadPyodide } = await import(`${indexURL}pyodide.module.js`);
  const env = { HOME: "/home/pyodide", MPLBACKEND: "module://live.cells", PYTHONDONTWRITEBYTECODE: "1" };
  const python = await loadPyodide({ indexURL, lockFileURL, env, packages: starts[part].packages });
  python.setStdin({ error: true });
  python.pyimport("logging").getLogger("matplotlib.font_manager").setLevel("ERROR"); // it misses fonts left out
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
const ready = new Promise((resolve, reject) => start(reject).then(resolve, reject));
ready.then(() => say(undefined, "ready"), (error) => say(undefined, "failed", String(error)));

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
