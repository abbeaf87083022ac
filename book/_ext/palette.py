"""The palette in formulas on dark pages, where course.css reverses the figures."""

from pathlib import Path

from previously.plot import COLORS

# The matrix of hue-rotate(180deg), as the W3C's Filter Effects Module defines it.
HALF_TURN = (-0.574, 1.430, 0.144), (0.426, 0.430, 0.144), (0.426, 1.430, -0.856)


def reverse(colour):
    """What invert(1) hue-rotate(180deg) makes of a colour."""
    inverse = [255 - channel for channel in bytes.fromhex(colour[1:])]
    turned = [sum(weight * channel for weight, channel in zip(row, inverse)) for row in HALF_TURN]
    return "#" + bytes(round(min(max(channel, 0), 255)) for channel in turned).hex()


def write_style(app):
    """Recolour the elements into whose style KaTeX has written a colour."""
    path = Path(app.outdir, "_static/palette.css")
    path.parent.mkdir(parents=True, exist_ok=True)
    rule = 'html[data-theme="dark"] .katex [style*="color:{}"] {{ color: {} !important; }}\n'
    rules = [rule.format(colour, reverse(colour)) for colour in COLORS.values()]
    path.write_text("".join(rules), "utf-8")


def setup(app):
    """Write the rules before any page asks for them."""
    app.connect("builder-inited", write_style)
    app.add_css_file("palette.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
