"""Draws the chart of docs/performance.md from the figures on standard input; run by a Python that has matplotlib."""

import json
import sys
from importlib import import_module

WIDTH, HEIGHT = 9, 4.4


def main(target: str) -> None:
    """Draw both halves into an SVG file that is the same for the same figures."""
    figures = json.load(sys.stdin)
    matplotlib = import_module("matplotlib")
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "photosky", "font.size": 8, "axes.spines.top": False})
    plot = import_module("matplotlib.pyplot")
    drawing, (left, right) = plot.subplots(1, 2, figsize=(WIDTH, HEIGHT), layout="constrained")
    for axes, group, title, unit in (
        (left, "times", "Time of a page (p50)", "ms"),
        (right, "costs", "Cost of a month on AWS", "US dollars"),
    ):
        for name, points in figures[group].items():
            axes.plot([size for size, _ in points], [value for _, value in points], marker="o", label=name)
        axes.set(title=title, xlabel="photos", ylabel=unit, xscale="log")
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
        axes.grid(alpha=0.3)
    drawing.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main(sys.argv[1])
