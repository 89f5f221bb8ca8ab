"""The migrations, the same for every peer, each in the layout that the peer reads."""

import sqlite3

COUNTS = [1, 10, 100, 1000]


def migrations(count):
    """Tables, added columns, indexes, rows, and every tenth migration a rebuild; the last one of ten adds a column."""
    return [migration(index) for index in range(count)]


def migration(index):
    parent, child = index // 10 * 10, index // 10 * 10 + 4
    return [
        f"CREATE TABLE t{parent} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n    amount INTEGER\n);\n"
        f"INSERT INTO t{parent} (name, amount) VALUES ('first', 1), ('second', 2);\n",
        f"ALTER TABLE t{parent} ADD COLUMN note TEXT NOT NULL DEFAULT '';\n",
        f"CREATE INDEX t{parent}_name ON t{parent} (name);\n",
        f"INSERT INTO t{parent} (name, note) VALUES ('third', 'seed');\n",
        f"CREATE TABLE t{child} (\n    id INTEGER PRIMARY KEY,\n"
        f"    parent INTEGER NOT NULL REFERENCES t{parent} ON DELETE CASCADE,\n    body TEXT\n);\n",
        f"INSERT INTO t{child} (parent, body) SELECT id, name FROM t{parent};\n",
        f"CREATE INDEX t{child}_parent ON t{child} (parent);\n",
        f"UPDATE t{parent} SET amount = 3 WHERE amount IS NULL;\n",
        f"CREATE TABLE t{child}_new (\n    id INTEGER PRIMARY KEY,\n"
        f"    parent INTEGER NOT NULL REFERENCES t{parent} ON DELETE CASCADE,\n    body TEXT NOT NULL DEFAULT ''\n);\n"
        f"INSERT INTO t{child}_new (id, parent, body) SELECT id, parent, coalesce(body, '') FROM t{child};\n"
        f"DROP TABLE t{child};\nALTER TABLE t{child}_new RENAME TO t{child};\n"
        f"CREATE INDEX t{child}_parent ON t{child} (parent);\n",
        f"ALTER TABLE t{parent} ADD COLUMN tag TEXT;\n",
    ][index % 10]


def final_schema(count):
    """The schema and the rows that the migrations come to, as one script."""
    conn = sqlite3.connect(":memory:")
    for sql in migrations(count):
        conn.executescript(sql)
    parts, indexes = [], []
    for kind, name, sql in conn.execute("SELECT type, name, sql FROM sqlite_master ORDER BY rowid").fetchall():
        if kind != "table":
            indexes.append(f"{sql};\n")
            continue
        parts.append(f"{sql};\n")
        columns = [row[1] for row in conn.execute(f"PRAGMA table_info({name})")]
        values = " || ', ' || ".join(f"quote({column})" for column in columns)
        rows = [f"({row[0]})" for row in conn.execute(f"SELECT {values} FROM {name} ORDER BY id")]
        if rows:
            parts.append(f"INSERT INTO {name} ({', '.join(columns)}) VALUES {', '.join(rows)};\n")
    return "".join(parts + indexes)


def file_name(peer, number):
    """Where a migration is, below the directory of the application."""
    return {
        "refinery": f"migrations/V{number}__step_{number}.sql",
        "rusqlite_migration": f"migrations/{number:04}-step_{number}/up.sql",
        "diesel": f"migrations/{number:04}_step_{number}/up.sql",
    }.get(peer, f"migrations/{number:04}_step_{number}.sql")


def write(directory, peer, count):
    """Writes the migrations of one peer; for `raw` a list of them and the final schema, too."""
    for number, sql in enumerate(migrations(count), 1):
        path = directory / file_name(peer, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(sql)
    if peer == "raw":
        included = "".join(
            f'    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/{file_name(peer, number)}")),\n'
            for number in range(1, count + 1)
        )
        (directory / "migrations/schema.sql").write_text(final_schema(count))
        (directory / "migrations/list.rs").write_text(
            f"static SCRIPTS: [&str; {count}] = [\n{included}];\n"
            'static SCHEMA: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/schema.sql"));\n'
        )
