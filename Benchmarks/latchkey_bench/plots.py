"""Draws the results of a run: python3 -m latchkey_bench.plots RESULTS FOLDER, in an environment with matplotlib."""

import json
import pathlib
import sys

from . import paths, report, shell, throughput
from .peers import HYPER, LATCHKEY

MATPLOTLIB = "matplotlib==3.10.0"
COLOURS = {LATCHKEY: "#d1495b", HYPER: "#30638e"}


def draw(results: pathlib.Path, folder: pathlib.Path) -> None:
    """Draws in an environment of its own, which is made first where it is missing; Unavailable where that fails."""
    environment = paths.BUILD / "venv"
    python = environment / "bin/python"
    if not python.exists():
        shell.output([sys.executable, "-m", "venv", environment])
    shell.output([python, "-m", "pip", "install", "--quiet", MATPLOTLIB])
    shell.output([python, "-m", "latchkey_bench.plots", results, folder], cwd=paths.BENCHMARKS)


def ratios(results: dict, figure) -> None:
    """One line a load, one mark a peer: how many times its requests a second Latchkey answers."""
    axes = figure.subplots()
    records = list(reversed(results["throughput"]))
    found = [throughput.ratios(record) for record in records]
    names = list(dict.fromkeys(name for each in found for name in each))
    for name in names:
        points = [(each[name], row) for row, each in enumerate(found) if name in each]
        axes.plot(*zip(*points), "o", label=name, alpha=0.8)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xticks([0.5, 1, 2, 4, 8, 16], ["½", "1", "2", "4", "8", "16"])
    axes.minorticks_off()
    axes.set_yticks(range(len(records)), [report.load_name(record["load"]) for record in records])
    axes.set_xlabel("requests a second of Latchkey over those of the peer (right of 1: Latchkey is faster)")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="upper right", fontsize="small")


def growth(results: dict, figure) -> None:
    """Cost against the number of keys, the size of values and the number of connections."""
    panels = figure.subplots(2, 2).flat
    records = results["growth"]
    _lines(next(panels), records, "keys", "rate", "GET requests/s", "keys")
    _lines(next(panels), records, "keys", "instructions", "instructions a GET", "keys")
    _bandwidth(next(panels), records)
    _lines(next(panels), records, "connections", "rate", "GET requests/s", "connections")


def _lines(axes, records: list[dict], over: str, what: str, label: str, unit: str) -> None:
    for server in (LATCHKEY, HYPER):
        points = [(r["value"], r[what]) for r in records if r["over"] == over and r["server"] == server and what in r]
        if points:
            axes.plot(*zip(*points), "o-", label=server, color=COLOURS[server])
    # Below the highest line there is room for the legend, and above it for the line.
    _lay_out(axes, label, unit, legend="lower right")
    axes.set_ylim(0, axes.get_ylim()[1] * 1.1)


def _bandwidth(axes, records: list[dict]) -> None:
    for server in (LATCHKEY, HYPER):
        for method, style in (("GET", "o-"), ("PUT", "s--")):
            points = [(r["value"], r["rate"] * r["value"] / 1e6) for r in records
                      if r["over"] == "size" and r["server"] == server and r["method"] == method]
            axes.plot(*zip(*points), style, label=f"{server}, {method}", color=COLOURS[server])
    axes.set_yscale("log")
    _lay_out(axes, "MB/s", "bytes a value")


def _lay_out(axes, label: str, unit: str, legend: str = "best") -> None:
    axes.set_xscale("log")
    axes.set_xlabel(unit)
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    axes.legend(fontsize="x-small", loc=legend)


def main(results_path: pathlib.Path, folder: pathlib.Path) -> None:
    """Writes ratios.svg and growth.svg, as far as the results have what they show."""
    import matplotlib
    from matplotlib.figure import Figure
    matplotlib.rcParams["svg.hashsalt"] = "latchkey"
    results = json.loads(results_path.read_text())
    for section, drawn, size in (("throughput", ratios, (9, 5.5)), ("growth", growth, (9, 6.5))):
        if results.get(section):
            figure = Figure(figsize=size, layout="constrained")
            drawn(results, figure)
            figure.savefig(folder / f"{'ratios' if section == 'throughput' else 'growth'}.svg", metadata={"Date": None})


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
