// One Python for a page, off the page's own thread. This is the one protocol between the two:
//
//   page → worker   {id, task: argument}        one of the tasks at the end of this file
//   worker → page   {id, kind, value}           what the task shows while it runs
//                   {id, kind: "done", value}   its answer, the last of its messages
//                   {kind, value}               of the worker itself: "alive"; "progress", the share of
//                                               the files that is here, in bytes; "ready"; "failed"
//
// A cell shows "stdout" and "stderr" (text, in pieces), "text", "html", "markdown", "png" (in base64), "svg", and
// "error" (a short traceback). A task of the playground shows nothing, and answers with numbers to draw.
// The address of this file says what to load: `packages` at the start, `later` as soon as Python is ready, and `lock`,
// the name of the Web Lock that is held for as long as this worker lives.
const options = new URLSearchParams(location.search);
const list = (name) => (options.get(name) || "").split(",").filter(Boolean);
const say = (id, kind, value) => postMessage({ id, kind, value });
const [packages, later] = ["packages", "later"].map(list);

// What was fetched once is kept under its hash; a host's own rules, or a new book, would let it be fetched again.
const network = self.fetch;
const lockFileURL = new URL("pyodide-lock.json", import.meta.url).href;
let base, known, store, fail;
const broken = new Promise((_, reject) => (fail = reject));
const [beginning, keeping] = [[], []];
const sizes = { here: 0, all: 0 };

async function load(file) {
  const { name, size, sha256 } = file;
  const kept = await store?.match(base + sha256);
  const response = kept ?? (await network(`${base}${name}.gz`, { cache: "no-cache" }));
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  if (!kept && store) keeping.push(store.put(base + sha256, response.clone()).catch(() => {})); // there is no room
  const reader = response.body.getReader();
  let here = 0;
  const counted = new ReadableStream({
    async start(stream) {
      try {
        for (let part; !(part = await reader.read()).done;) {
          here += part.value.length;
          sizes.here += part.value.length;
          say(undefined, "progress", { ...sizes });
          stream.enqueue(part.value);
        }
        if (here !== size) throw new Error(`${name}: ${here} of ${size} bytes`);
        stream.close();
      } catch (error) {
        store?.delete(base + sha256);
        fail(error);
        stream.error(error);
      }
    },
  });
  const headers = name.endsWith(".wasm") ? { "Content-Type": "application/wasm" } : {};
  return new Response(counted.pipeThrough(new DecompressionStream("gzip")), { headers });
}

// Pyodide asks for one file after another; they come side by side, and wait for it here.
async function fetchAll() {
  const lock = await (await network(lockFileURL)).json();
  base = new URL(`../pyodide-${lock.info.version}/`, import.meta.url).href;
  store = await self.caches?.open("python").catch(() => undefined); // a browser may forbid it
  known = new Map(lock.files.map((file) => [base + file.name, file]));
  const wanted = new Set(["pyodide.asm.wasm", "python_stdlib.zip"]);
  const want = (name) => {
    const { file_name, depends } = lock.packages[name];
    wanted.add(file_name);
    depends.forEach(want);
  };
  [...packages, ...later].forEach(want);
  const coming = new Map();
  for (const name of wanted) {
    sizes.all += known.get(base + name).size;
    const one = load(known.get(base + name));
    beginning.push(one.catch(fail));
    coming.set(base + name, one);
  }
  self.fetch = (request, ...rest) => {
    const address = String(request);
    const one = coming.get(address) ?? (known.has(address) ? load(known.get(address)) : network(request, ...rest));
    coming.delete(address);
    return one;
  };
  const current = new Set(lock.files.map(({ sha256 }) => base + sha256));
  for (const { url } of (await store?.keys()) ?? []) if (!current.has(url)) store.delete(url);
}

async function start() {
  // A policy without wasm-unsafe-eval fails here; Pyodide would wait for ever.
  new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  await fetchAll();
  const { loadPyodide } = await import(`${base}pyodide.mjs`);
  const env = { HOME: "/home/pyodide", MPLBACKEND: "module://live.backend", PYTHONDONTWRITEBYTECODE: "1" };
  const python = await loadPyodide({ indexURL: base, lockFileURL, env, packages });
  python.setStdin({ error: true });
  return python;
}

let send = () => {};
self.send = (kind, value) => send(kind, value); // for Python
if (navigator.locks) {
  navigator.locks.request(options.get("lock"), () => {
    say(undefined, "alive");
    return new Promise(() => {});
  });
}
const quiet = { messageCallback() {} };
const ready = Promise.race([start(), broken]);
ready.then(
  async (python) => {
    say(undefined, "ready");
    if (later.length) {
      await python.loadPackage(later, quiet);
      python.pyimport("live.kernel").warm();
    }
  },
  async (error) => {
    await Promise.all(beginning);
    await Promise.all(keeping); // what can still come is kept
    say(undefined, "failed", String(error));
  },
);

const tasks = {
  // Which cells must run so that the one of that index shows what it would after all above it.
  needs(python, { codes, index }) {
    const found = python.pyimport("live.kernel").plan(python.toPy(codes), index);
    return found.toJs();
  },

  // Run one cell of those codes, and say whether it went well.
  async run(python, { index, code }) {
    await python.loadPackage(later, quiet);
    await python.loadPackagesFromImports(python.pyimport("live.needs").without_magics(code), quiet);
    return python.pyimport("live.kernel").run(index);
  },
};

// The playground's, described in play.py; each answers with what to draw, or with {error: why not}.
for (const name of ["play", "advance", "descend"]) {
  tasks[name] = (python, options) => {
    const found = python.pyimport("live.play").answer(name, python.toPy(options));
    const answer = found.toJs({ dict_converter: Object.fromEntries });
    found.destroy();
    return answer;
  };
}

onmessage = async ({ data }) => {
  const { id } = data;
  try {
    const python = await ready;
    const task = Object.keys(tasks).find((name) => name in data);
    send = (kind, value) => say(id, kind, value);
    say(id, "done", await tasks[task](python, data[task]));
  } catch (error) {
    say(id, "error", String(error));
    say(id, "done", false);
    if (error.pyodide_fatal_error) self.close();
  }
};
