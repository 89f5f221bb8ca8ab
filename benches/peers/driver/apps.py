"""An application of each peer and each number of migrations: a copy of the crate beside this directory, with migrations."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from . import generate

PEERS = Path(__file__).resolve().parent.parent
ROOT = PEERS.parent.parent
NAMES = ["raw", "migrate", "rusqlite_migration", "diesel", "refinery", "sqlx"]


def out():
    """Where everything is made; nothing of it is committed."""
    return Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "peers"


def binary(peer, count):
    return out() / "bin" / f"{peer}-{count}"


def build_all(peers, counts):
    for peer in peers:
        for count in counts:
            say(f"building {peer} with {count} migrations")
            directory = instantiate(peer, count, out() / "apps" / peer / str(count))
            cargo(["build", "--release"], directory, out() / "target" / peer)
            binary(peer, count).parent.mkdir(exist_ok=True)
            name = f"peer-{peer.replace('_', '-')}"
            shutil.copy2(out() / "target" / peer / "release" / name, binary(peer, count))


def instantiate(peer, count, directory, minimal=False):
    """Copies a crate, and writes its migrations beside it. `minimal`: the application of `minimal.rs`, without harness."""
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "src").mkdir(parents=True)
    manifest = (PEERS / peer / "Cargo.toml").read_text()
    if minimal:
        manifest = re.sub(r"harness = .*\n", "", manifest)
        # As `cargo new` leaves it.
        manifest = re.sub(r"\[profile.release\][^\[]*", "", manifest)
        shutil.copy2(PEERS / peer / "minimal.rs", directory / "src/main.rs")
    else:
        manifest = manifest.replace('"../harness"', f'"{PEERS / "harness"}"')
        shutil.copy2(PEERS / peer / "src/main.rs", directory / "src/main.rs")
    manifest = manifest.replace('"../../.."', f'"{ROOT}"')
    if peer == "sqlx":
        manifest += f'\n[patch.crates-io]\nlibsqlite3-sys = {{ path = "{same_sqlite()}" }}\n'
    (directory / "Cargo.toml").write_text(manifest)
    shutil.copy2(PEERS / peer / "Cargo.lock", directory / "Cargo.lock")
    if (PEERS / peer / "build.rs").exists():
        shutil.copy2(PEERS / peer / "build.rs", directory / "build.rs")
    generate.write(directory, peer, count)
    return directory


def same_sqlite():
    """sqlx asks for an older libsqlite3-sys than the others: that one, with the SQLite of theirs."""
    directory = out() / "libsqlite3-sys"
    if not directory.exists():
        draft = directory.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(source_of("sqlx", "libsqlite3-sys"), draft)
        shutil.rmtree(draft / "sqlite3")
        shutil.copytree(source_of("raw", "libsqlite3-sys") / "sqlite3", draft / "sqlite3")
        draft.rename(directory)
    return directory


def source_of(peer, package):
    command = ["cargo", "metadata", "--format-version", "1", "--manifest-path", str(PEERS / peer / "Cargo.toml")]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    for found in json.loads(output)["packages"]:
        if found["name"] == package:
            return Path(found["manifest_path"]).parent
    raise SystemExit(f"no package `{package}` in `{peer}`")


def cargo(arguments, directory, target):
    """Runs cargo, with a target directory; what it says is returned, and shown if it fails."""
    environment = {**os.environ, "CARGO_TARGET_DIR": str(target), "CARGO_TERM_COLOR": "never"}
    done = subprocess.run(
        ["cargo", *arguments],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout)
        raise SystemExit(f"`cargo {' '.join(arguments)}` failed in {directory}")
    return done.stdout


def say(text):
    print(text, file=sys.stderr, flush=True)
