"""What matplotlib draws with in a page: Agg, and a `show` that sends the figures."""

from live.cells import show
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

__all__ = ["FigureCanvas", "show"]
