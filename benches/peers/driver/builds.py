"""What a build costs: a minimal application of each peer, its times, its size, its crates."""

import os
import re
import shutil
import statistics
import subprocess
import time

from .apps import cargo, instantiate, out, say

# How sharing the optimised SQLite between the application and the macro is asked for; see `docs/performance.md`.
SHARED = """
[profile.release.package.libsqlite3-sys]
opt-level = 3
"""

# The name in the tables, the peer, what is added to its Cargo.toml, and whether the feature `verify` is off.
ENTRIES = [
    ("raw", "raw", "", False),
    ("migrate", "migrate", "", False),
    ("migrate, with the profile", "migrate", SHARED, False),
    ("migrate, without `verify`", "migrate", "", True),
    ("rusqlite_migration", "rusqlite_migration", "", False),
    ("diesel", "diesel", "", False),
    ("refinery", "refinery", "", False),
    ("sqlx", "sqlx", "", False),
]


def measure(peers, quick, results, keep):
    entries = [entry for entry in ENTRIES if entry[1] in peers]
    for entry in entries:
        sizes(entry, results)
    keep()
    again(entries, [10] if quick else [10, 100, 1000], 3 if quick else 11, results)
    keep()
    clean(entries, 1 if quick else 3, results, keep)


def application(entry, count):
    label, peer, profile, unproved = entry
    directory = out() / "minimal" / re.sub(r"\W+", "-", label) / str(count)
    instantiate(peer, count, directory, minimal=True)
    with (directory / "Cargo.toml").open("a") as manifest:
        manifest.write(profile)
    if unproved:
        # `proof.lock` is written by a build that proves, in a review's place; then `verify` is turned off.
        prove(directory)
        text = (directory / "Cargo.toml").read_text()
        text = re.sub(r"migrate = \{ (path = \".*?\") \}", r'migrate = { \1, default-features = false, features = ["bundled"] }', text)
        (directory / "Cargo.toml").write_text(text)
    return directory


def prove(directory):
    from .apps import ROOT

    command = ["run", "--quiet", "-p", "migrate-check", "--example", "write_proof_lock", "--", str(directory / "migrations")]
    cargo(command, ROOT, out() / "target" / "prove")


def target(entry):
    return out() / "target" / ("minimal-" + re.sub(r"\W+", "-", entry[0]))


def clean(entries, rounds, results, keep):
    """Builds from nothing, in turn."""
    times = {}
    for number in range(rounds):
        for entry in entries:
            directory = application(entry, 10)
            cargo(["fetch"], directory, target(entry))
            for name, arguments in [("dev", ["build", "--offline"]), ("release", ["build", "--offline", "--release"])]:
                if entry[2] and name == "dev":
                    continue
                say(f"clean {name} build of {entry[0]}, {number + 1} of {rounds}")
                shutil.rmtree(target(entry), ignore_errors=True)
                begun = time.monotonic()
                said = cargo(arguments, directory, target(entry))
                times.setdefault((name, entry[0]), []).append(time.monotonic() - begun)
                compiled = len(re.findall(r"^   Compiling ", said, re.M))
                sqlite = len(list(target(entry).glob("*/build/libsqlite3-sys-*/out/**/*sqlite3.o")))
                results[f"build|compiled|{name}|{entry[0]}"] = {"crates": compiled, "sqlite": sqlite}
        for (name, label), found in times.items():
            results[f"build|clean-{name}|{label}"] = {"s": statistics.median(found), "low": min(found), "rounds": len(found)}
        keep()


def again(entries, counts, rounds, results):
    """Dev builds of what is built already, in turn: nothing changed, main.rs touched, the newest migration edited."""
    for count in counts:
        built = {}
        for entry in entries:
            if entry[2] or entry[3]:
                continue
            directory = application(entry, count)
            cargo(["build"], directory, target(entry))
            built[entry[0]] = (directory, target(entry), {})
        for number in range(rounds):
            say(f"builds again, {count} migrations, {number + 1} of {rounds}")
            for label, (directory, where, times) in built.items():
                for name in ["nothing", "touch", "edit"]:
                    change(name, label, directory, count, number)
                    begun = time.monotonic()
                    said = cargo(["build", "--offline"], directory, where)
                    if ("Compiling peer" in said) == (name != "nothing"):
                        times.setdefault(name, []).append(time.monotonic() - begun)
                    else:
                        say(f"{label}: with {name}, it was not built as it should have been\n{said}")
        for label, (*_, times) in built.items():
            for name, found in times.items():
                results[f"build|{name}|{label}|{count}"] = {"s": statistics.median(found), "low": min(found), "rounds": len(found)}


def change(name, label, directory, count, number):
    if name == "touch":
        os.utime(directory / "src/main.rs")
    elif name == "edit":
        newest = sorted(path for path in directory.glob("migrations/**/*.sql") if re.search(rf"step_{count}\b", str(path)))
        path = newest[0]
        text = re.sub(r"ADD COLUMN tag\w*", f"ADD COLUMN tag_{number}", path.read_text())
        path.write_text(text)
        if label == "raw":
            # Nothing of it is read by the minimal application: its source is what can be edited.
            os.utime(directory / "src/main.rs")


def sizes(entry, results):
    """The stripped binary with one migration, and the crates of a build."""
    if entry[2]:
        return
    directory = application(entry, 1)
    where = target(entry)
    cargo(["build", "--release"], directory, where)
    binary = where / "release" / f"peer-{entry[1].replace('_', '-')}"
    stripped = binary.with_suffix(".stripped")
    # By the tool: as a setting of Cargo it would build everything again.
    subprocess.run(["strip", "-s", "-o", stripped, binary], check=True)
    results[f"build|size|{entry[0]}"] = {"bytes": stripped.stat().st_size}
    for edges, kind in [("normal", "runtime"), ("normal,build", "all")]:
        command = ["cargo", "tree", "--prefix", "none", "--no-dedupe", "-e", edges]
        if kind == "runtime":
            command += ["-e", "no-proc-macro"]
        listed = subprocess.run(command, cwd=directory, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        crates = {line.split(" (")[0] for line in listed.stdout.splitlines() if line and not line.startswith("peer-")}
        results[f"build|crates-{kind}|{entry[0]}"] = {"crates": len(crates)}
