"""Instructions, counted by callgrind in whole processes; what a call costs is the difference of two."""

import re
import shutil
import statistics
import subprocess

from .apps import binary, say
from .scenarios import database


def measure(peers, counts, quick, results):
    if not shutil.which("valgrind"):
        say("no valgrind: instructions are not counted")
        return
    for count in counts:
        say(f"instructions, {count} migrations")
        for peer in peers:
            bare, once, eleven = (collected(peer, scenario, count, 1 if quick else 3) for scenario in ["start-bare", "start", "start-eleven"])
            results[f"instructions|start|{peer}|{count}"] = {"instructions": once - bare}
            results[f"instructions|repeated|{peer}|{count}"] = {"instructions": (eleven - once) / 10}
            results[f"instructions|bare|{peer}|{count}"] = {"instructions": bare}


def collected(peer, scenario, count, rounds):
    """The median of several processes: hash maps with random keys make small differences."""
    found = []
    for _ in range(rounds):
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary(peer, count), scenario]
        command += [str(count), database(peer, count, "rollback journal")]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(done.stderr)
        found.append(int(re.search(r"Collected : (\d+)", done.stderr)[1]))
    return statistics.median(found)
