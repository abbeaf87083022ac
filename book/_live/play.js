// The playground: the worker trains the course's own network, see play.py, and this draws it.
import { $, bar, button, dress, fillBar, Kernel, say } from "./kernel.js";
import { BLUE, curves, GREEN, GREY, INK, ORANGE, Plane } from "./plane.js";

const PLANE = [2.4, 41, 15, 33]; // its limit, colours a side, grid lines each way, points a line
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

// How far the last hidden layer reaches; a ReLU has no bound, so its plane grows in steps, which do not tremble.
function reach(phi, a) {
  if (phi !== "relu") return phi === "tanh" ? [-1.1, 1.1] : [-0.05, 1.05];
  const most = 1.3 ** Math.ceil(Math.log(Math.max(1e-3, ...a)) / Math.log(1.3));
  return [-0.05 * most, most];
}

// What the address lists: points x₁,x₂,y and learning rates η,t, each of which holds from step t on.
const split = (text) => (text ? text.split("_").map((part) => part.split(",").map(Number)) : []);

class Playground {
  constructor() {
    Object.assign(this, { form: $("play"), goal: 0 });
    this.trains = button("Train", () => this.train(this.goal > this.t ? this.t : Infinity));
    const step = button("One step", () => this.train(this.t + 1));
    const epoch = button("One epoch", () => this.train((Math.floor(this.t / this.epoch) + 1) * this.epoch));
    fillBar("Training", this.trains, step, epoch, button("Reset", () => this.restart(0)));
    for (const part of document.querySelectorAll(".still, .live-form")) part.hidden = !part.hidden;
    this.kernel = new Kernel("play", "", "Your settings and points are kept: press Train to try again.");
    this.form.addEventListener("change", ({ target: { name } }) => {
      if (name === "eta" && this.picture) this.train(this.goal); // it holds from here on
      else if (name) this.restart();
    });
    $("remove").addEventListener("click", () => this.place([]));
    this.follow($("input-space"));
    addEventListener("resize", () => this.draw());
    document.querySelector(".bd-article").addEventListener("click", (event) => {
      const link = event.target.closest("a[href^='?']");
      if (!link) return;
      event.preventDefault();
      this.open(link.search);
      this.trains.focus({ preventScroll: true });
      $("input-space").scrollIntoView({ block: "nearest" });
    });
    this.trains.focus({ preventScroll: true });
    this.open(location.search);
  }

  get t() {
    return this.picture?.now[0] ?? 0;
  }

  get epoch() {
    return this.picture?.epoch ?? 1;
  }

  // The settings of an address; what of it makes no sense is said, and left as it is at first.
  open(search) {
    const wrong = [];
    this.form.reset();
    for (const [name, text] of new URLSearchParams(search)) {
      const control = this.form.elements.namedItem(name);
      if (!control) continue;
      const { value: standard } = control;
      control.value = control.type === "number" && isNaN(text) ? "" : text;
      if (text && control.value === text && !control.validity.patternMismatch) continue;
      wrong.push(`${name}=${text}`);
      control.value = standard;
    }
    this.mangled = wrong.length
      ? `The address makes no sense in ${wrong.join(", ").slice(0, 99)}; the rest of it holds. `
      : "";
    this.begin(this.form.elements.t.valueAsNumber);
  }

  // On, if it was under way.
  restart(goal = this.goal > this.t ? Infinity : 0) {
    this.form.elements.etas.value = "";
    this.begin(goal);
  }

  // From step 0, with the settings of the form, up to a step.
  begin(goal) {
    const named = [...this.form.elements].filter(({ name }) => name);
    const values = named.map((one) => [one.name, one.type === "number" ? one.valueAsNumber : one.value]);
    const { t: _t, eta, etas, points, ...settings } = Object.fromEntries(values);
    this.settings = { ...settings, points: split(points), plane: PLANE };
    this.etas = etas ? split(etas) : [[eta, 0]];
    this.picture = undefined;
    this.train(goal);
  }

  // One question at a time, and the next before the answer is drawn, so that Python trains meanwhile.
  async train(goal) {
    Object.assign(this, { goal, due: true });
    if (this.busy) return;
    this.busy = true;
    let answer;
    while (this.due || this.t < this.goal) {
      this.due = false;
      const asked = this.kernel.ask("train", this.question());
      if (this.picture && this.t < this.goal && bar.dataset.state !== "training") {
        say("training", "Training …");
        this.trains.textContent = "Pause";
      }
      this.draw();
      const { settings } = this;
      answer = await asked;
      if (settings !== this.settings) continue; // it answers what holds no longer
      if (!answer?.error) this.picture = answer;
      if (!answer) this.due = false; // the worker is gone
      if (!answer || answer.error || answer.over) this.goal = this.t;
    }
    this.busy = false;
    this.trains.textContent = "Train";
    this.draw();
    if (!this.picture) this.drawPoints();
    if (answer?.error) say("refused", answer.error);
    else if (answer) this.settle();
    this.remember();
  }

  question() {
    const { t, goal: until, at = [0, 0], form: { elements: { eta: { valueAsNumber: eta } } } } = this;
    if (eta !== this.etas.at(-1)[0]) this.etas = [...this.etas.filter(([, from]) => from < t), [eta, t]];
    const pace = $("pace").value;
    const steps = pace === "epoch" ? this.epoch : Number(pace);
    const settings = this.picture && this.kernel.ready ? undefined : this.settings; // Python has them
    return { settings, etas: this.etas, until, steps, milliseconds: CALM.matches ? 500 : 18, at };
  }

  settle() {
    const { now: [t, loss], noted, over } = this.picture;
    const most = Math.max(2, noted[1]);
    const used = Math.max(...this.etas.filter(([, from]) => from < t).map(([eta]) => eta));
    const large = t
      ? `η = ${used} was too large for this start: choose a smaller one, then Reset.`
      : "The start is too large: choose a smaller gain or last layer.";
    let text = `Step ${t.toLocaleString("en")}, epoch ${Math.floor(t / this.epoch).toLocaleString("en")}.`;
    if (!Number.isFinite(loss)) text += ` The loss is no longer a number. ${large}`;
    else if (loss > most) text += ` The loss is higher than it was. ${large}`;
    else if (over) text += " Here it ends.";
    say("paused", this.mangled + text);
    this.mangled = "";
  }

  // All that makes the picture, in the address.
  remember() {
    const { t, etas } = this.form.elements;
    t.value = this.t;
    etas.value = this.etas.length > 1 ? this.etas.join("_") : "";
    const said = [...new FormData(this.form)].filter(([, value]) => value);
    const search = said.map((pair) => pair.join("=")).join("&").replaceAll("+", "%2B");
    // Some browsers let it change only so many times a second; where a pointer moves, it stays.
    if (location.search !== `?${search}`) history.replaceState(history.state, "", `?${search}${location.hash}`);
  }

  get points() {
    return split(this.form.elements.points.value);
  }

  place(points) {
    this.form.elements.points.value = points.join("_");
    this.restart();
  }

  // The place under the pointer, or under the keys, and what is done there.
  follow(canvas) {
    const look = ({ offsetX: x, offsetY: y }) => {
      const [right, down] = [x / canvas.clientWidth, y / canvas.clientHeight];
      this.look([2 * right - 1, 1 - 2 * down].map((part) => part * PLANE[0]));
    };
    canvas.addEventListener("pointermove", look);
    canvas.addEventListener("click", (event) => {
      look(event);
      this.act($("tool").value);
    });
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowDown: [0, -0.1], ArrowUp: [0, 0.1] }[event.key];
      const does = { 0: "0", 1: "1", Delete: "remove", Backspace: "remove" }[event.key];
      if ((!move && !does) || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (move) this.look(move.map((part, i) => (this.at?.[i] ?? 0) + part));
      else this.act(does);
    });
  }

  look(at) {
    this.at = at.map((part) => Math.round(100 * Math.max(-PLANE[0], Math.min(PLANE[0], part))) / 100);
    if (this.picture && this.kernel.ready) this.train(this.goal);
  }

  act(does) {
    const { points, at = [0, 0] } = this;
    const far = points.map(([x, y]) => Math.hypot(x - at[0], y - at[1]));
    if (does === "remove" && points.length) this.place(points.toSpliced(far.indexOf(Math.min(...far)), 1));
    else if (does in ["0", "1"]) this.place([...points, [...at, Number(does)]]);
  }

  // Without a picture, what the reader placed still stands there.
  drawPoints() {
    const { points } = this;
    for (const name of ["hidden-layer", "loss-curve", "accuracy-curve"]) new Plane($(name), [0, 1]);
    for (const place of document.querySelectorAll("#numbers :is(caption, td), #at")) place.textContent = "";
    const plane = new Plane($("input-space"), [-PLANE[0], PLANE[0]]);
    plane.points(points.flatMap(([x, y]) => [x, y]), points.map(([, , y]) => y));
  }

  draw() {
    if (!this.picture) return;
    const { picture: { x, y, o, a, theta, now, boundary, noted }, at } = this;
    const [limit, side, lines, bends] = PLANE;
    const [squares, first] = [side * side, side * side + 2 * lines * bends];
    const left = new Plane($("input-space"), [-limit, limit]);
    left.tint(o, side);
    const n = y.length;
    const places = a.subarray(2 * first, 2 * (first + n)); // of the points, after that of the pointer
    const phi = this.form.elements.phi.value;
    const right = new Plane($("hidden-layer"), reach(phi, places));
    const carried = [new Path2D(), new Path2D()];
    for (let i = squares + 1; i < first; i++) {
      if ((i - squares) % bends === 0) continue; // another line begins
      const path = carried[o[i] > 0 ? 1 : 0];
      path.moveTo(right.x(a[2 * i - 2]), right.y(a[2 * i - 1]));
      path.lineTo(right.x(a[2 * i]), right.y(a[2 * i + 1]));
    }
    right.context.globalAlpha = 0.5;
    for (const [i, path] of carried.entries()) right.stroke(path, [BLUE, ORANGE][i], 0.8);
    right.context.globalAlpha = 1;
    if (phi === "tanh") right.line([-1, -1, 1, -1, 1, 1, -1, 1, -1, -1], GREY, 1, [2, 3]); // which it cannot leave
    const [w1, w2, b] = theta.subarray(-3);
    const length = Math.hypot(w1, w2);
    const [u, v, far] = [w1 / length, w2 / length, 4 * right.size];
    const [p, q] = [(-b / length) * u, (-b / length) * v]; // of the line, the nearest to the origin
    right.line([p - far * v, q + far * u, p + far * v, q - far * u], INK, 2);
    for (let k = 0; k < lines; k++) {
      const at = limit * ((2 * k) / (lines - 1) - 1);
      left.line([at, -limit, at, limit], GREY, 0.3);
      left.line([-limit, at, limit, at], GREY, 0.3);
    }
    for (const line of boundary) left.line(line, INK, 2);
    left.points(x, y);
    right.points(places, y);
    if (at) {
      left.ring(...at);
      right.ring(...a.subarray(-2));
      const one = 1 / (1 + Math.exp(-o.at(-1)));
      const percent = (100 * Math.max(one, 1 - one)).toFixed(1);
      const said = `class ${one > 0.5 ? "1, orange" : "0, blue"}, with probability ${percent} %`;
      const where = at.map((part) => part.toFixed(2)).join(", ");
      $("at").textContent = `At (${where}): ${isNaN(one) ? "no class" : said}.`;
    }
    document.querySelector("#numbers caption").textContent = `Step ${now[0].toLocaleString("en")}`;
    for (const [i, cell] of document.querySelectorAll("#numbers td").entries()) {
      const value = now[i + 1];
      cell.textContent = Number.isNaN(value) ? "–" : i % 2 ? `${(100 * value).toFixed(1)} %` : value.toFixed(4);
    }
    for (const name of ["loss", "accuracy"]) curves($(`${name}-curve`), name, noted);
  }
}

// Three descents on one map; what is dragged meanwhile is asked for when the answer is here.
class Descents {
  constructor(kernel) {
    Object.assign(this, { kernel, form: $("descents"), canvases: document.querySelectorAll("#descents canvas") });
    for (const [target, event] of [[this.form, "input"], [window, "resize"]]) {
      target.addEventListener(event, () => this.ask());
    }
    this.ask();
  }

  async ask() {
    const [eta, batch_size] = [(10 ** $("rate").value).toPrecision(2), $("batch").value];
    $("rate").nextElementSibling.value = eta;
    $("batch").nextElementSibling.value = batch_size;
    this.wanted = { eta: Number(eta), batch_size: Number(batch_size) };
    if (this.form.ariaBusy) return;
    this.form.ariaBusy = true;
    while (this.wanted) {
      const { wanted } = this;
      this.wanted = undefined;
      const answer = await this.kernel.ask("descend", wanted);
      if (answer) this.draw(answer);
    }
    this.form.ariaBusy = null;
  }

  draw({ sizes, paths, lines, ranges }) {
    for (const [i, canvas] of this.canvases.entries()) {
      const plane = new Plane(canvas, ...ranges);
      for (const line of lines) plane.line(line, GREY, 0.6);
      plane.line(paths[i], [BLUE, ORANGE, GREEN][i], 1.2);
      plane.points(paths[i].subarray(0, 2), [0]);
      plane.ring(...paths[i].subarray(-2));
      canvas.nextElementSibling.textContent = `B = ${sizes[i]}`;
    }
  }
}

export let playground;

export async function begin() {
  await dress();
  playground = new Playground();
  new Descents(playground.kernel);
}
