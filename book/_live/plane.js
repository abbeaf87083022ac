// What the playground draws on: planes with points, paths and contours, in the colours of previously.plot. A dark page
// reverses these pictures as it does the figures.
export const [BLUE, ORANGE, GREEN, PURPLE] = ["#0064a8", "#b34700", "#00734d", "#8a3a86"];
export const [INK, GREY] = ["#222222", "#767676"];
const TINTS = Array.from({ length: 256 }, (_, i) => {
  const strength = 0.05 + 0.4 * Math.abs((2 * i) / 255 - 1);
  const colour = i > 127 ? ORANGE : BLUE;
  return [...[1, 3, 5].map((k) => 255 + strength * (parseInt(colour.slice(k, k + 2), 16) - 255)), 255];
});
const tiles = document.createElement("canvas");

// A white canvas whose coordinates run over [x₀, x₁] × [y₀, y₁]; what is drawn is measured in pixels of the page.
export class Plane {
  constructor(canvas, [x0, x1], [y0, y1] = [x0, x1]) {
    const { clientWidth: width, clientHeight: height } = canvas;
    const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side * devicePixelRatio)));
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    this.context = canvas.getContext("2d");
    this.context.setTransform(w / width, 0, 0, h / height, 0, 0);
    Object.assign(this.context, { fillStyle: "#fff", lineJoin: "bevel", font: "12px sans-serif" });
    this.context.fillRect(0, 0, width, height);
    this.x = (x) => ((x - x0) / (x1 - x0)) * width;
    this.y = (y) => ((y1 - y) / (y1 - y0)) * height;
    Object.assign(this, { width, height, size: x1 - x0 });
  }

  stroke(path, strokeStyle, lineWidth, dash = []) {
    Object.assign(this.context, { strokeStyle, lineWidth });
    this.context.setLineDash(dash);
    this.context.stroke(path);
  }

  // Through places x₁, y₁, x₂, y₂, …
  line(places, ...look) {
    const path = new Path2D();
    for (let i = 0; i < places.length; i += 2) path.lineTo(this.x(places[i]), this.y(places[i + 1]));
    this.stroke(path, ...look);
  }

  // The probability σ(o) of class 1 as a colour; o are values of a square grid in rows from below.
  tint(o, side) {
    const pixels = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) pixels.data.set(TINTS[Math.round(255 / (1 + Math.exp(-o[i])))] ?? [], 4 * i);
    Object.assign(tiles, { width: side, height: side });
    tiles.getContext("2d").putImageData(pixels, 0, 0);
    const half = this.width / (side - 1) / 2; // a value is the middle of its tile
    this.context.save();
    this.context.scale(1, -1);
    this.context.drawImage(tiles, -half, -this.height - half, this.width + 2 * half, this.height + 2 * half);
    this.context.restore();
  }

  // As in the figures: circles of class 0, triangles of class 1.
  points(places, labels) {
    for (const [label, colour] of [BLUE, ORANGE].entries()) {
      const path = new Path2D();
      for (const [i, mine] of labels.entries()) {
        if (mine !== label) continue;
        const [x, y] = [this.x(places[2 * i]), this.y(places[2 * i + 1])];
        path.moveTo(x + 3, y - (label ? -3 : 0));
        if (label) path.lineTo(x, y - 3.5), path.lineTo(x - 3, y + 3), path.closePath();
        else path.arc(x, y, 3, 0, 7);
      }
      this.context.fillStyle = colour;
      this.context.fill(path);
      this.stroke(path, "#fff", 0.5);
    }
  }

  ring(x, y) {
    const path = new Path2D();
    path.arc(this.x(x), this.y(y), 7, 0, 7);
    this.stroke(path, "#fff", 4);
    this.stroke(path, INK, 2);
  }
}

// The losses, on a scale of powers of ten, or the accuracies, against steps: of the training points, and of fresh ones
// in dashes. `noted` holds t and four numbers for each step noted.
const SCALES = {
  loss: [1, [-3.3, 1.3], [[0.001, "0.001"], [0.01, "0.01"], [0.1, "0.1"], [1, "1"], [10, "10"]]],
  accuracy: [2, [0.35, 1.08], [[0.5, "50 %"], [0.75, "75 %"], [1, "100 %"]]],
};

export function curves(canvas, name, noted) {
  const [first, range, ticks] = SCALES[name];
  const height = (value) => (name === "loss" ? Math.log10(Math.max(value, 0.001)) : value);
  const last = Math.max(100, noted.at(-5));
  const margin = (40 * last) / canvas.clientWidth; // for the numbers
  const axes = new Plane(canvas, [-1.3 * margin, last + 0.1 * margin], range);
  axes.context.fillStyle = INK;
  for (const [value, text] of ticks) {
    axes.line([0, height(value), last, height(value)], GREY, 0.5);
    axes.context.fillText(text, 2, axes.y(height(value)) + 4);
  }
  const stride = 5 * Math.ceil(noted.length / 2000); // more would not be seen
  for (const [column, colour, dash] of [[first, GREEN, []], [first + 2, PURPLE, [5, 3]]]) {
    const places = [];
    for (let i = 0; i < noted.length; i += stride) {
      if (Number.isFinite(noted[i + column])) places.push(noted[i], height(noted[i + column]));
    }
    axes.line(places, colour, 1.6, dash);
  }
}
