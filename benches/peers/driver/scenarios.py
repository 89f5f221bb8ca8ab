"""What a run costs: every scenario, every peer in turn, round after round."""

import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass

from .apps import binary, out, say

# What is compared: the name in the tables, the peer, its variant.
ENTRIES = [
    ("raw", "raw", ""),
    ("migrate", "migrate", ""),
    ("migrate, no backup", "migrate", "no-backup"),
    ("rusqlite_migration", "rusqlite_migration", ""),
    ("diesel", "diesel", ""),
    ("refinery", "refinery", ""),
    ("refinery, grouped", "refinery", "grouped"),
    ("sqlx", "sqlx", ""),
]

JOURNAL, WAL, NO_SYNC = ["--sync", "FULL"], ["--sync", "FULL", "--wal"], ["--sync", "OFF"]
MODES = {"rollback journal": JOURNAL, "WAL": WAL, "rollback journal, synchronous=OFF": NO_SYNC}


@dataclass
class Scenario:
    name: str
    title: str
    repeat: int
    modes: list
    counts: list
    variants: list
    rounds: int = 11


SCENARIOS = [
    Scenario("load", "Making the list", 200, ["rollback journal"], [1, 10, 100, 1000], []),
    Scenario("first-call", "Nothing to do, open connection, first call", 100, ["rollback journal"], [1, 10, 100, 1000], []),
    Scenario("repeated-call", "Nothing to do, open connection, called again", 30, ["rollback journal"], [1, 10, 100, 1000], []),
    Scenario("start-bare", "Open, first query, without migrations", 50, ["rollback journal"], [1, 10, 100, 1000], []),
    Scenario("start", "Open, nothing to do, first query", 50, ["rollback journal"], [1, 10, 100, 1000], []),
    Scenario("fresh", "Fresh file", 1, list(MODES), [1, 10, 100, 1000], ["grouped"]),
    Scenario("upgrade-one", "Upgrade by one", 3, list(MODES), [1, 10, 100, 1000], []),
    Scenario("upgrade-all", "Upgrade from the first migration to the last", 1, list(MODES), [10, 100, 1000], ["grouped", "no-backup"]),
    Scenario("files", "1,000 files, one migration each, one after another: per file", 1, list(MODES), [10], [], 5),
]


def database(peer, count, mode):
    directory = out() / "databases"
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{peer}-{count}-{'wal' if '--wal' in MODES[mode] else 'journal'}"


def call(peer, scenario, count, mode, variant="", repeat=1, files=1000):
    """Runs a peer's binary, and returns what it printed."""
    command = [binary(peer, count), scenario, str(count), database(peer, count, mode), *MODES[mode]]
    command += ["--repeat", str(repeat), "--variant", variant, "--files", str(files)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stderr}")
    return dict(pair.split("=") for pair in done.stdout.split())


def prepare(peers, counts):
    """Databases to begin with; all peers have to come to the same schema and rows."""
    for count in counts:
        for mode in ["rollback journal", "WAL"]:
            for peer in peers:
                agree(peer, count, call(peer, "prepare", count, mode)["schema"])
                # The same database without a history: what an application without migrations opens.
                plain = f"{database('raw', count, mode)}.current"
                shutil.copy2(plain, f"{database(peer, count, mode)}.plain")


DIGESTS = {}


def agree(peer, count, digest):
    expected = DIGESTS.setdefault(count, digest)
    if digest != expected:
        raise SystemExit(f"{peer} makes another database of {count} migrations than the peer before it")


def measure(peers, counts, only, quick, results):
    for scenario in SCENARIOS:
        if only and scenario.name != only:
            continue
        entries = [entry for entry in ENTRIES if entry[1] in peers and (not entry[2] or entry[2] in scenario.variants)]
        for mode in scenario.modes:
            for count in [count for count in scenario.counts if count in counts]:
                say(f"{scenario.name}, {mode}, {count} migrations")
                times = rounds(scenario, entries, mode, count, quick)
                for (label, *_), found in times.items():
                    key = f"{scenario.name}|{mode}|{label}|{count}"
                    results[key] = {"ns": statistics.median(found), "low": min(found), "high": max(found), "rounds": len(found)}


def rounds(scenario, entries, mode, count, quick):
    """One measurement of each entry in turn, until there are enough; at least three rounds, then for half a minute."""
    times = {entry: [] for entry in entries}
    begun = time.monotonic()
    number = 2 if quick else scenario.rounds
    less = 10 if quick else 1
    for done in range(number):
        if done >= 3 and time.monotonic() - begun > 30:
            break
        for entry in entries:
            _, peer, variant = entry
            repeat = max(scenario.repeat // less, 1)
            printed = call(peer, scenario.name, count, mode, variant, repeat, 1000 // less)
            if scenario.name not in ("load", "start-bare"):
                agree(peer, count, printed["schema"])
            times[entry].append(float(printed["ns"]))
    return times


def memory(peers, counts, results):
    """The peak of a process that does one thing."""
    for count in counts:
        say(f"memory, {count} migrations")
        for peer in peers:
            for scenario in ["start-bare", "start", "fresh", "upgrade-all"]:
                if scenario == "upgrade-all" and count == 1:
                    continue
                peaks = [int(call(peer, scenario, count, "rollback journal, synchronous=OFF")["peak_kb"]) for _ in range(3)]
                results[f"memory|{scenario}|{peer}|{count}"] = {"kb": statistics.median(peaks)}
