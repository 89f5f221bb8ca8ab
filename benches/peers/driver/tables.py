"""The Markdown tables of `docs/performance.md`, from the results."""

from .builds import ENTRIES as BUILDS
from .scenarios import ENTRIES, MODES, SCENARIOS

COUNTS = [1, 10, 100, 1000]


def print_all(results):
    for scenario in SCENARIOS:
        for mode in scenario.modes:
            labels = [entry[0] for entry in ENTRIES]
            title = scenario.title if len(scenario.modes) == 1 else f"{scenario.title}, {mode}"
            key = f"{scenario.name}|{mode}|{{label}}|{{count}}"
            table(title, labels, scenario.counts, lambda label, count: timed(results, key, label, count))
    peers = [entry[0] for entry in ENTRIES if not entry[2]]
    for name, title in [
        ("start", "Instructions that a start with nothing to do costs more than without migrations"),
        ("repeated", "Instructions of a repeated call with nothing to do"),
    ]:
        key = f"instructions|{name}|{{label}}|{{count}}"
        table(title, peers, COUNTS, lambda label, count: plain(results, key, label, count, "instructions", "{:,.0f}"))
    for name, title in [
        ("start-bare", "open and first query, without migrations"),
        ("start", "nothing to do"),
        ("fresh", "fresh file"),
        ("upgrade-all", "upgrade from the first migration to the last"),
    ]:
        key = f"memory|{name}|{{label}}|{{count}}"
        show = lambda label, count: plain(results, key, label, count, "kb", "{:,.0f} KB")
        table(f"Peak memory of the process: {title}", peers, COUNTS, show)
    builds(results)


def table(title, labels, columns, show):
    rows = [(label, [show(label, column) for column in columns]) for label in labels]
    rows = [(label, cells) for label, cells in rows if any(cells)]
    if not rows:
        return
    print(f"**{title}**\n")
    print("| | " + " | ".join(f"{column:,}" if isinstance(column, int) else column for column in columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for label, cells in rows:
        print(f"| {label} | " + " | ".join(cell or "–" for cell in cells) + " |")
    print()


def timed(results, key, label, count):
    """A time, and how many times that of raw it is."""
    found = results.get(key.format(label=label, count=count))
    if not found:
        return ""
    raw = results.get(key.format(label="raw", count=count), {}).get("ns")
    # `load` of raw is nothing at all.
    ratio = f" ({found['ns'] / raw:.2f})" if raw and raw > 100 and label != "raw" else ""
    return duration(found["ns"]) + ratio


def duration(ns):
    if ns < 100:
        return "0"
    for limit, unit, divisor in [(1e6, "µs", 1e3), (1e9, "ms", 1e6)]:
        if ns < limit:
            value = ns / divisor
            return f"{value:.{0 if value >= 100 else 1}f} {unit}"
    return f"{ns / 1e9:.2f} s"


def plain(results, key, label, count, field, form):
    found = results.get(key.format(label=label, count=count))
    return form.format(found[field]) if found else ""


def builds(results):
    labels = [entry[0] for entry in BUILDS]

    def seconds(key, label, form="{:.1f} s"):
        found, raw = results.get(key.format(label)), results.get(key.format("raw"))
        if not found:
            return ""
        ratio = f" ({found['s'] / raw['s']:.2f})" if raw and label != "raw" and "clean" in key else ""
        return form.format(found["s"]) + ratio

    def compiled(key, label):
        found = results.get(f"{key}{label}")
        return f"{found['crates']}, SQLite {found['sqlite']} times" if found else ""

    columns = {
        "dev": lambda label: seconds("build|clean-dev|{}", label),
        "release": lambda label: seconds("build|clean-release|{}", label),
        "crates compiled, release": lambda label: compiled("build|compiled|release|", label),
    }
    table("Clean build of a minimal application, 10 migrations", labels, list(columns), lambda label, name: columns[name](label))
    for name, title in [("nothing", "nothing changed"), ("touch", "main.rs touched"), ("edit", "newest migration edited")]:
        show = lambda label, count: seconds(f"build|{name}|{{}}|{count}", label, "{:.2f} s")
        table(f"Dev build again: {title}", labels, COUNTS, show)

    def size(label):
        found, raw = results.get(f"build|size|{label}"), results.get("build|size|raw")
        if not found or not raw:
            return ""
        more = f" (+{(found['bytes'] - raw['bytes']) / 1000:,.0f} KB)" if label != "raw" else ""
        return f"{found['bytes'] / 1000:,.0f} KB{more}"

    def crates(kind, label):
        found = results.get(f"build|crates-{kind}|{label}")
        return str(found["crates"]) if found else ""

    columns = {
        "stripped release binary, one migration": size,
        "crates in the binary": lambda label: crates("runtime", label),
        "crates in the tree, build included": lambda label: crates("all", label),
    }
    table("Size", labels, list(columns), lambda label, name: columns[name](label))
