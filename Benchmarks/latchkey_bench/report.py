"""Prints the results of a run."""

from collections.abc import Iterable, Iterator

from . import engines, latency, targets, throughput


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Text in columns, as Markdown has them; numbers to the right."""
    lines = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    def laid(line: list[str]) -> str:
        cells = (cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(line, widths)))
        return "| " + " | ".join(cells) + " |"
    rule = "|" + "|".join("-" * (width + 1) + ("-" if column == 0 else ":") for column, width in enumerate(widths)) + "|"
    return "\n".join([laid(lines[0]), rule, *map(laid, lines[1:])])


def text(results: dict) -> str:
    """All tables of a run, its machine first."""
    about = results["machine"]
    parts = [f"{about['processor']}, {about['cores']} cores, Linux {about['kernel']}, {about['toolchain']}, "
             f"commit {about['commit']}, load {about['load_average']:.1f} at the start, {about['time']}",
             ", ".join(f"{name} {version}" for name, version in results["versions"].items())]
    for kind in ("skipped", "failed"):
        parts += [f"{name} {kind}: {reason}" for name, reason in results[kind].items()]
    makers = {"throughput": _throughput, "engines": _engines, "latency": _latency, "costs": _costs, "memory": _memory, "growth": _growth}
    parts += [maker(results[section]) for section, maker in makers.items() if results.get(section)]
    parts.append(table(("figure", "measured", "target", ""), (row.cells() for row in targets.rows(results))))
    return "\n\n".join(parts)


def load_name(load: dict) -> str:
    """A load of the throughput figures in a few words."""
    size = {1024: "1 KiB", 65536: "64 KiB", 1048576: "1 MiB"}.get(load["size"], f"{load['size']} B")
    pipelined = f", {load['depth']} at a time" if load["depth"] > 1 else ""
    plural = "s" if load["connections"] > 1 else ""
    return f"{load['method']} {size}, {load['connections']} connection{plural}{pipelined}"


def _throughput(records: list[dict]) -> str:
    return table(("load", "server", "requests/s", "user us", "system us", "load us", "latchkey/this", "CPU this/latchkey",
                  "failed"),
                 (row for record in records for row in _throughput_rows(record)))


def _throughput_rows(record: dict) -> Iterator[tuple]:
    ratios, cpu_ratios = throughput.ratios(record), throughput.cpu_ratios(record)
    for name in record["rounds"]:
        rate, user, system = (throughput.median(record, name, figure) for figure in ("rate", "user_us", "system_us"))
        # Results of earlier versions lack it.
        load = f"{throughput.median(record, name, 'load_us'):.2f}" if "load_us" in record["rounds"][name][0] else ""
        failed = sum(row["failed"] for row in record["rounds"][name])
        yield (load_name(record["load"]), name, f"{rate:,.0f}", f"{user:.2f}", f"{system:.2f}", load,
               *(f"{each[name]:.2f}" if name in each else "" for each in (ratios, cpu_ratios)), failed)


def _engines(records: list[dict]) -> str:
    rows = ((load_name(record["load"]), server, *(f"{median:,.0f}" for median in _engine_rates(record, server)), f"{rate:.2f}",
             f"{cpu:.2f}")
            for record in records for server, rate, cpu in engines.rows(record))
    older, newer = engines.VERSIONS
    return table(("load", "server", f"requests/s, {older}", f"{newer}", f"{newer}/{older}", "CPU, the same"), rows)


def _engine_rates(record: dict, server: str) -> Iterator[float]:
    return (throughput.median(record, engines.name(server, version), "rate") for version in engines.VERSIONS)


def _latency(records: list[dict]) -> str:
    shown = ("p50", "p90", "p99", "p99.9", "longest")
    rows = ((f"{r['method']} at {r['share']:.0%} of peak, {r['rate']:,}/s", name,
             *(f"{latency.median(r, name, percentile):,.0f}" for percentile in shown))
            for r in records for name in r["rounds"])
    return table(("latency in us, open loop", "server", *shown), rows)


def _costs(records: list[dict]) -> str:
    rows = ((r["scenario"], r["server"], f"{r['instructions']:,.0f}", f"{r['allocations']:.1f}",
             ", ".join(f"{name} {count:g}" for name, count in r["system_calls"].items())) for r in records)
    return table(("a request", "server", "instructions", "allocations", "system calls"), rows)


def _memory(records: list[dict]) -> str:
    rows = ((f"{r['of']}, {r['count']:,} of them", r["server"], f"{r['bytes']:,.0f}" if "bytes" in r else r["skipped"])
            for r in records)
    return table(("resident bytes an", "server", ""), rows)


def _growth(records: list[dict]) -> str:
    rows = ((f"{r.get('method', 'GET')}, {r['over']}: {r['value']:,}", r["server"],
             f"{r['rate']:,.0f}" if "rate" in r else "", f"{r['p99_us']:,.0f}" if "p99_us" in r else "",
             f"{r['instructions']:,.0f}" if "instructions" in r else "") for r in records)
    return table(("as it grows", "server", "requests/s", "p99 us", "instructions"), rows)
