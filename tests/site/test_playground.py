"""The playground: the course's own network, and the same numbers in the page and here."""

import re
from html import unescape
from itertools import islice
from urllib.parse import parse_qsl

import notebooks
import numpy as np
import pytest
from browsing import soup, violations
from play import START, Training, answer, regression

from previously import MLP, logistic, make_spirals, objective, plot, sgd, tanh

PLANE = [2.4, 5, 3, 4]
CHAPTER = {
    "data": "spirals",
    "noise": 0.04,
    "layers": 2,
    "units": 16,
    "phi": "tanh",
    "gain": 2,
    "last": 10,
    "batch_size": 20,
    "seed": 22,
    "points": [],
    "plane": PLANE,
}
PLAIN = CHAPTER | {"data": "moons", "noise": 0.1, "gain": 1, "last": 1}
ETAS = [[0.1, 0]]
FOR_EVER = {"steps": np.inf, "milliseconds": 1e6}


def trained(settings, until, etas=ETAS):
    training = Training(**settings)
    return training.advance(etas, until, **FOR_EVER)["theta"]


def test_training_is_that_of_the_chapter():
    training = Training(**CHAPTER)
    training.advance([[0.03, 0]], 200, **FOR_EVER)
    dataset = make_spirals(400, 0.04, np.random.default_rng(0))
    rng, model = np.random.default_rng(22), MLP((2, 16, 16, 2, 1), tanh)
    theta = model.init(rng, 2)
    model.layers(theta)[-1][0][:] *= 10
    _, gradient = objective(model, logistic)
    *_, theta = islice(sgd(gradient, theta, dataset, 0.03, 20, rng), 200)
    assert np.array_equal(training.theta, theta)
    assert not np.array_equal(training.fresh.x, dataset.x)


def test_pieces_do_not_change_the_run():
    whole, pieces = Training(**PLAIN), Training(**PLAIN)
    at_once = whole.advance(ETAS, 150, **FOR_EVER)
    pieces.advance(ETAS, 3)
    while pieces.t < 150:
        pieces.advance(ETAS, 150, steps=7, milliseconds=1e6)
    last = pieces.advance(ETAS, 10, **FOR_EVER)
    assert last["now"][0] == 150, "no step back"
    assert np.array_equal(pieces.theta, whole.theta)
    assert last["noted"][::5].tolist() == [0, 50, 100, 150]
    assert np.array_equal(at_once["now"], last["noted"][-5:])


def test_change_of_eta_can_be_repeated():
    first, etas = Training(**PLAIN), [*ETAS, [0.01, 100]]
    first.advance(ETAS, 100, **FOR_EVER)
    first.advance(etas, 130, **FOR_EVER)
    assert np.array_equal(first.theta, trained(PLAIN, 130, etas))
    assert not np.array_equal(first.theta, trained(PLAIN, 130))


def test_picture_is_one_forward_pass():
    training = Training(**PLAIN | {"points": [[0.5, -1, 1]]})
    picture = training.advance(ETAS, 20, at=[0.3, -2], **FOR_EVER)
    limit, side, lines, bends = PLANE
    assert training.train.x[-1].tolist() == [0.5, -1]
    assert training.x.shape == (side**2 + 2 * lines * bends + 401, 2)
    assert np.abs(training.x[: side**2]).max() == np.float32(limit)
    x = np.vstack([training.x, [[0.3, -2]]])
    o, a = training.model.forward(training.theta, x)
    np.testing.assert_allclose(picture["o"], o[-1][:, 0], atol=1e-5)
    np.testing.assert_allclose(picture["a"].reshape(-1, 2), a[-2], atol=1e-5)
    *w, b = training.theta[-3:]
    np.testing.assert_allclose(a[-2] @ w + b, o[-1][:, 0])
    loss, _ = objective(training.model, logistic)
    assert picture["now"][1] == loss(training.train, training.theta)
    assert picture["now"][3] == loss(training.fresh, training.theta)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"units": 0}, "units: expected an integer ≥ 1, got 0"),
        ({"units": np.nan}, "units: expected an integer ≥ 1, got float nan"),
        ({"units": 33}, "units: expected at most 32, got 33"),
        ({"layers": 1.5}, "layers: expected an integer ≥ 0, got float 1.5"),
        ({"layers": 5}, "layers: expected at most 4, got 5"),
        ({"data": "moon"}, "data: expected one of spirals, moons, circles, none, got 'moon'"),
        ({"noise": -1}, "noise: expected a finite number ≥ 0, got -1"),
        ({"phi": "sin"}, "phi: expected one of tanh, sigmoid, relu, got 'sin'"),
        ({"gain": 0}, "gain: expected a finite number > 0, got 0"),
        ({"last": 0}, "last: expected a finite number > 0, got 0"),
        ({"etas": [[np.nan, 0]]}, "eta: expected a finite number > 0, got nan"),
        ({"batch_size": 0}, "batch_size: expected an integer ≥ 1, got 0"),
        ({"seed": -1}, "seed: expected an integer ≥ 0, got -1"),
        ({"points": [[0, np.inf, 1]]}, "x: expected finite numbers, got NaN or infinity"),
        ({"points": [[0, 0, 1]] * 201}, "points: expected at most 200, got 201"),
        ({"data": "none"}, "points: expected some of both classes, got no class"),
        (
            {"data": "none", "points": [[0, 0, 1]] * 2},
            "points: expected some of both classes, got 1 class",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_words(change, told):
    settings = PLAIN | {"etas": ETAS} | change
    assert answer("train", {"etas": settings.pop("etas"), "settings": settings}) == {"error": told}


def test_own_points_alone_have_no_fresh_ones():
    points = [[-1, 0, 0], [1, 0, 1]]
    picture = Training(**PLAIN | {"data": "none", "points": points}).advance(ETAS)
    assert picture["x"].tolist() == [-1, 0, 1, 0]
    assert np.isnan(picture["now"][3:]).all()
    assert np.isfinite(picture["now"][:3]).all()


def test_divergence_ends_where_numbers_end():
    settings = PLAIN | {"phi": "relu", "gain": 1e200}
    picture = answer("train", {"settings": settings, "etas": ETAS, "until": 100, **FOR_EVER})
    assert picture["now"][0] < 100
    assert picture["over"]
    assert np.isnan(picture["now"][1:3]).all()


def test_descents_are_those_of_the_chapter():
    dataset, loss, gradient, _ = regression()
    told = answer("descend", {"eta": 0.5, "batch_size": 10})
    assert dataset.x[0] == np.random.default_rng(0).uniform(-1, 3)
    for line in told["lines"]:
        losses = [loss(dataset, place) for place in line.reshape(-1, 2)]
        assert np.ptp(losses) < 0.05 * np.mean(losses), "a contour line is level"
    for path, size in zip(told["paths"], (200, 10, 1), strict=True):
        steps = sgd(gradient, START, dataset, 0.5, size, np.random.default_rng(1))
        assert np.array_equal(path[2:], np.ravel([*islice(steps, 300)]))


def accuracies(address, seeds=(22, 0, 1), **changes):
    """On the training points, once all that an address of the playground asks for is done."""
    asked = {name: to_setting(name, text) for name, text in parse_qsl(address)}
    settings = CHAPTER | {"eta": 0.03} | asked | changes
    until, etas = settings.pop("t"), [[settings.pop("eta"), 0]]
    for seed in seeds:
        training = Training(**settings | {"seed": seed})
        yield training.advance(etas, until, **FOR_EVER)["now"][2]


def to_setting(name, text):
    return text if name in ("data", "phi") else float(text) if name == "eta" else int(text)


def worst(*run, **changes):
    return min(accuracies(*run, **changes))


def best(*run, **changes):
    return max(accuracies(*run, **changes))


TRIES = {
    "Circles, two units in every layer</a>: the plane cannot be folded over itself, and no step "
    "will part the rings": lambda it: best(it) < 1 and best(it, [22], t=20_000) < 1,
    "Give it four units, or three and more time": lambda it: (
        worst(it, units=4) == worst(it, [22], units=3, t=20_000) == 1 and worst(it, units=3) < 1
    ),
    "No layer before the last</a>: two units, each one bend": lambda it: best(it) < 0.75,
    "ReLU</a>: try ten seeds, and look for a plane that has become a ray, or a point": lambda it: (
        best(it) < 1 and worst(it) == 0.5
    ),
    "Moons with a plain start</a>": lambda it: worst(it) == 1,
    "η = 3</a>: too large. How small must it be?": lambda it: (
        best(it) < 0.75 and worst(it, eta=0.03, t=4000) == 1
    ),
}


def test_translator_changes_neither_what_a_setting_means_nor_its_symbol(built):
    """An option without a value means its text, in whatever language that is by then."""
    page = soup(built / "html/book/playground.html")
    assert all(option.has_attr("value") for option in page.select("option"))
    symbols = [
        label for label in page.select(".live-form label") if re.match("[ηφB] ", label.get_text())
    ]
    assert len(symbols) == 5
    assert all(label.find(translate="no") for label in symbols)


def things_to_try():
    """Each entry of the list, with the address that it opens."""
    page = notebooks.text_of(notebooks.BOOK / "playground.md")
    for entry in re.findall(r"<li>.*</li>", page):
        yield entry, unescape(re.search(r'href="\?([^"]*)"', entry)[1])


@pytest.mark.parametrize("words", TRIES, ids=lambda words: words.split("<")[0])
def test_what_the_page_says_of_things_to_try_is_true(words):
    (address,) = (address for entry, address in things_to_try() if words in entry)
    assert TRIES[words](address)


def test_every_thing_to_try_is_tried_here():
    assert all(any(words in entry for words in TRIES) for entry, _ in things_to_try())


def test_page_stands_still_until_the_button_is_pressed(built, python):
    page = soup(built / "html/book/playground.html")
    assert len(page.select(".still img")) == 2
    assert all(form.has_attr("hidden") for form in page.select("form.live-form"))
    names = {control["name"] for control in page.select("#play [name]")}
    assert names == CHAPTER.keys() - {"plane"} | {"eta", "etas", "t"}
    script = next((built / "html/live").glob("*/plane.js")).read_text("utf-8")
    assert set(re.findall(r"#\w{6}", script)) == {*plot.COLORS.values(), plot.INK, plot.GREY}


# The training loss is drawn low, the fresh one high: which of them has gaps?
STROKES = """async () => {
    const loaded = performance.getEntriesByType("resource").map(({name}) => name);
    const {curves} = await import(loaded.find(name => name.endsWith("plane.js")));
    const canvas = document.getElementById("loss-curve");
    curves(canvas, "loss", [0, 0.003, 0.5, 3, 0.5, 100, 0.003, 0.5, 3, 0.5]);
    const {width, height} = canvas;
    const {data} = canvas.getContext("2d").getImageData(0, 0, width, height);
    const coloured = (x, y) => {
        const [r, g, b] = data.slice(4 * (y * width + x), 4 * (y * width + x) + 3);
        return Math.max(r, g, b) - Math.min(r, g, b) > 40;
    };
    const drawn = (from, to) => {
        let columns = 0;
        for (let x = Math.ceil(0.3 * width); x < 0.9 * width; x++) {
            let any = false;
            for (let y = from; y < to; y++) any ||= coloured(x, y);
            columns += any;
        }
        return columns / (0.6 * width) > 0.95 ? "solid" : columns ? "dashed" : "nothing";
    };
    return {training: drawn(height >> 1, height), fresh: drawn(0, height >> 1)};
}"""


class Playground:
    """The page after the press, and what a reader does there."""

    def __init__(self, tab):
        self.tab, self.bar, self.plane = tab, tab.locator("#live"), tab.locator("#input-space")
        self.tab.evaluate(
            """async () => {
                const { name } = performance.getEntriesByType("resource").find(
                    ({ name }) => name.endsWith("play.js"));
                window.playground = (await import(name)).playground;
            }"""
        )

    def wait(self, state="paused"):
        self.tab.wait_for_selector(f"#live[data-state={state}]", timeout=120_000)

    def after(self, act, state="paused"):
        """What the page says after that."""
        self.bar.evaluate("bar => bar.dataset.state = 'asked'")
        act()
        self.wait(state)
        return self.bar.locator("[role=status]").inner_text()

    def press(self, name):
        self.bar.locator(f"button:text-is('{name}')").click()

    def set(self, name, value):
        self.tab.locator(f"[name={name}]").evaluate(
            """(control, value) => {
                control.value = value;
                control.dispatchEvent(new Event("change", { bubbles: true }));
            }""",
            str(value),
        )

    def open(self, address):
        return self.after(lambda: self.tab.evaluate("a => playground.open(a)", address))

    def pixel(self, x, y):
        """The colour at a place of the input space."""
        return self.plane.evaluate(
            """(canvas, [x, y]) => {
                const at = [(x / 2.4 + 1) * canvas.width / 2, (1 - y / 2.4) * canvas.height / 2];
                const copy = new OffscreenCanvas(canvas.width, canvas.height)
                    .getContext("2d", { willReadFrequently: true });
                copy.drawImage(canvas, 0, 0);
                const [r, g, b] = copy.getImageData(...at, 1, 1).data;
                return "#" + [r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("");
            }""",
            [x, y],
        )

    @property
    def address(self):
        return self.tab.evaluate("location.search")

    @property
    def theta(self):
        return np.array(self.tab.evaluate("[...playground.picture.theta]"))


def test_reader_plays(visit, live_site):
    address = "?data=moons&noise=0.1&gain=1&last=1&eta=0.1&t=500"
    with visit(f"book/playground.html{address}", at=live_site, has_touch=True) as tab:
        tab.locator("#live .run-page").click()
        tab.wait_for_selector("#live[data-state=paused]", timeout=120_000)
        page = Playground(tab)

        # The same numbers as here, and the same at every visit
        assert np.abs(page.theta - trained(PLAIN, 500)).max() < 1e-12
        assert violations(tab) == []
        legend = tab.locator("#numbers tbody th").all_inner_texts()
        assert dict(line.split(", ") for line in legend) == tab.evaluate(STROKES)
        there, theta = page.address, page.theta
        assert there.endswith("seed=22&t=500")
        assert page.open(there) == "Step 500, epoch 25."
        assert (page.address, page.theta.tolist()) == (there, theta.tolist())

        # One step, one epoch, on and on; another η from there on
        assert page.after(lambda: page.press("One step")) == "Step 501, epoch 25."
        assert page.after(lambda: page.press("One epoch")) == "Step 520, epoch 26."
        page.after(lambda: page.set("eta", 0.01))
        assert page.after(lambda: page.press("One epoch")) == "Step 540, epoch 27."
        assert "etas=0.1,0_0.01,520" in page.address
        changed = trained(PLAIN, 540, [[0.1, 0], [0.01, 520]])
        assert np.abs(page.theta - changed).max() < 1e-12
        page.after(lambda: page.press("Train"), "training")
        tab.wait_for_timeout(1500)
        told = page.after(lambda: page.set("eta", -1), "refused")
        tab.wait_for_timeout(300)  # what was under way has come
        assert page.bar.get_attribute("data-state") == "refused"
        assert told == "eta: expected a finite number > 0, got -1"
        page.set("eta", "1e+2")
        assert "&eta=1e%2B2&" in page.after(lambda: page.press("One step")) + page.address
        page.set("eta", 0.01)
        page.after(lambda: page.press("Train"), "training")
        assert page.after(lambda: page.press("Pause")).startswith("Step ")
        assert tab.evaluate("playground.t") > 540
        assert page.after(lambda: page.press("Reset")) == "Step 0, epoch 0."
        assert "etas" not in page.address

        # Points and predictions by keyboard, then by touch
        page.plane.focus()
        fault = "history.replaceState = () => console.error('the address stays')"
        tab.evaluate(f"() => {{ {fault} }}")
        page.after(lambda: tab.keyboard.press("ArrowRight"))
        tab.evaluate("delete history.replaceState")
        told = tab.locator("#at").inner_text()
        assert re.match(r"At \(0.10, 0.00\): class (0, blue|1, orange), with probability", told)
        tab.keyboard.press("Control+1")  # is the browser's
        page.after(lambda: tab.keyboard.press("1"))
        assert page.address.endswith("points=0.1,0,1")
        tab.locator("#tool").select_option("0")
        page.after(lambda: page.plane.tap(position={"x": 10, "y": 10}))
        x, y, label = map(float, page.address.rpartition("_")[2].split(","))
        assert x < -2 < 2 < y
        assert label == 0
        page.plane.focus()
        page.after(lambda: tab.keyboard.press("Delete"))
        assert page.address.endswith("points=0.1,0,1"), "the nearest is removed"

        # Faults: a sentence, the points stay, and the next good setting goes
        told = page.after(lambda: page.set("units", 0), "refused")
        assert told == "units: expected an integer ≥ 1, got 0"
        assert page.after(lambda: page.set("units", 4)) == "Step 0, epoch 0."
        told = page.after(lambda: page.set("data", "none"), "refused")
        assert told == "points: expected some of both classes, got 1 class"
        assert page.address.endswith("points=0.1,0,1")
        assert tab.locator("#numbers td, #at").all_inner_texts() == [""] * 5, "of another network"
        assert page.after(lambda: page.set("data", "circles")) == "Step 0, epoch 0."
        told = page.after(lambda: page.set("eta", ""), "refused")
        assert told == "eta: expected a finite number > 0, got nan"
        assert page.after(lambda: page.press("One step"), "refused") == told
        assert page.after(lambda: page.set("eta", 0.03)) == "Step 0, epoch 0."
        told = page.open("?data=moon&units=many&etas=0.1,5&points=1,2,1_2,-2,0&eta=0.1&t=3")
        assert told == (
            "The address makes no sense in data=moon, units=many, etas=0.1,5;"
            " the rest of it holds. Step 3, epoch 0."
        )
        told = page.open("?points=1,2,1_1,2&t=3")
        assert told.startswith(
            "The address makes no sense in points=1,2,1_1,2; the rest of it holds."
        )
        page.open("?points=1,2,1_2,-2,0&eta=0.1&t=3")
        assert page.address.startswith("?data=spirals&noise=0.04&layers=2&units=16&")
        assert page.address.endswith("eta=0.1&batch_size=20&seed=22&t=3&points=1,2,1_2,-2,0")
        assert page.pixel(1, 2) == plot.COLORS["orange"]
        assert page.pixel(2, -2) == plot.COLORS["blue"]
        assert "η = 1000 was too large" in page.open("?eta=1000&t=60")
        told = page.after(lambda: page.set("eta", 5000))  # which no step has used yet
        assert "η = 1000 was too large" in told
        assert "no longer a number" in page.open("?phi=relu&gain=1e200&t=60&points=1,2,1")
        assert "points=1,2,1" in page.address

        # The map follows the sliders
        pictures = [tab.locator("#descents canvas").nth(i) for i in range(3)]
        before = [picture.evaluate("canvas => canvas.toDataURL()") for picture in pictures]
        tab.locator("#rate").press("ArrowRight")
        assert tab.locator("#descents output").first.inner_text() == "0.52"
        tab.wait_for_selector("#descents:not([aria-busy])")
        after = [picture.evaluate("canvas => canvas.toDataURL()") for picture in pictures]
        assert all(a != b for a, b in zip(before, after))

        # In the dark, on a phone
        tab.set_viewport_size({"width": 390, "height": 844})
        tab.emulate_media(color_scheme="dark")
        assert violations(tab) == []
        assert tab.evaluate("document.documentElement.scrollWidth") == 390

        # The worker is gone
        lose = "playground.kernel.stop(), playground.kernel.heard('died')"
        assert "are kept" in page.after(lambda: tab.evaluate(lose), "died")
        page.plane.hover()
        assert page.bar.get_attribute("data-state") == "died", "a pointer asks for nothing anew"
        assert "no longer a number" in page.after(lambda: page.press("Train"))
        assert "points=1,2,1" in page.address

        # A thing to try is shown where the reader can see it
        told = page.after(lambda: tab.locator("a[href*='data=moons']").tap())
        assert told == "Step 2,000, epoch 100."
        assert page.plane.evaluate("plane => plane.getBoundingClientRect().top") >= 56


def test_page_says_why_it_cannot_train(visit, site, python):
    with visit("book/playground.html", at=site, missing=True) as tab:  # without wasm-unsafe-eval
        tab.locator("#live .run-page").click()
        tab.wait_for_selector("#live[data-state=failed]")
        assert "could not be loaded" in tab.locator("#live [role=status]").inner_text()
        assert tab.locator("#live button:text-is('Train')").is_enabled()
