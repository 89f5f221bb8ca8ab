//! The migrations: the same as `benches/peers/driver/generate.py` makes.

/// The text of a migration, counted from 0. Of each ten: tables, an added column, indexes, rows, a rebuild, and at the end
/// another column.
///
/// ```
/// assert_eq!(inner::migration(9), "ALTER TABLE t0 ADD COLUMN tag TEXT;\n");
/// assert!(inner::migration(15).contains("INSERT INTO t14 "));
/// ```
#[must_use]
pub fn migration(index: usize) -> String {
    let parent = format!("t{}", index / 10 * 10);
    let child = format!("t{}", index / 10 * 10 + 4);
    let reference = format!("parent INTEGER NOT NULL REFERENCES {parent} ON DELETE CASCADE");
    match index % 10 {
        0 => format!(
            "CREATE TABLE {parent} (\n    id INTEGER PRIMARY KEY,\n    name TEXT NOT NULL,\n    amount INTEGER\n);\n\
             INSERT INTO {parent} (name, amount) VALUES ('first', 1), ('second', 2);\n"
        ),
        1 => format!("ALTER TABLE {parent} ADD COLUMN note TEXT NOT NULL DEFAULT '';\n"),
        2 => format!("CREATE INDEX {parent}_name ON {parent} (name);\n"),
        3 => format!("INSERT INTO {parent} (name, note) VALUES ('third', 'seed');\n"),
        4 => {
            format!("CREATE TABLE {child} (\n    id INTEGER PRIMARY KEY,\n    {reference},\n    body TEXT\n);\n")
        }
        5 => format!("INSERT INTO {child} (parent, body) SELECT id, name FROM {parent};\n"),
        6 => format!("CREATE INDEX {child}_parent ON {child} (parent);\n"),
        7 => format!("UPDATE {parent} SET amount = 3 WHERE amount IS NULL;\n"),
        8 => format!(
            "CREATE TABLE {child}_new (\n    id INTEGER PRIMARY KEY,\n    {reference},\n    \
             body TEXT NOT NULL DEFAULT ''\n);\n\
             INSERT INTO {child}_new (id, parent, body) SELECT id, parent, coalesce(body, '') FROM {child};\n\
             DROP TABLE {child};\nALTER TABLE {child}_new RENAME TO {child};\n\
             CREATE INDEX {child}_parent ON {child} (parent);\n"
        ),
        _ => format!("ALTER TABLE {parent} ADD COLUMN tag TEXT;\n"),
    }
}

/// The file of a migration, counted from 0.
///
/// ```
/// assert_eq!(inner::file_name(0), "0001_step_1.sql");
/// ```
#[must_use]
pub fn file_name(index: usize) -> String {
    format!("{:04}_step_{}.sql", index + 1, index + 1)
}
