//! One thing that SQLite compiles when it is used.

use migrate_core::__private::{Catalog, Kind};
use migrate_sql::{Token, TokenKind, quote};
use rusqlite::Connection;

use crate::words::words;

/// What can be broken.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    View(String),
    Trigger {
        name: String,
        table: String,
        event: Event,
    },
    /// The foreign keys of a table.
    Keys(String),
}

/// What fires a trigger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Insert,
    Update,
    Delete,
}

impl Target {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Target::View(_) => Kind::View,
            Target::Trigger { .. } => Kind::Trigger,
            Target::Keys(_) => Kind::Table,
        }
    }

    pub(crate) fn name(&self) -> &str {
        match self {
            Target::View(name) | Target::Trigger { name, .. } | Target::Keys(name) => name,
        }
    }

    /// Why it does not compile; `None` where it does, or is not there.
    pub(crate) fn trouble(&self, conn: &Connection) -> Option<String> {
        if !self.is_there(conn).unwrap_or_default() {
            return None;
        }
        match self {
            Target::View(name) => compile(conn, &format!("SELECT * FROM main.{}", quote(name))),
            Target::Keys(table) => compile(conn, &format!("PRAGMA main.foreign_key_check({})", quote(table)))
                .filter(|message| message.starts_with("foreign key mismatch")),
            Target::Trigger { name, table, event } => alone(conn, name, table, *event),
        }
    }

    fn is_there(&self, conn: &Connection) -> rusqlite::Result<bool> {
        let sql = "SELECT EXISTS (SELECT 1 FROM main.sqlite_master WHERE type = ?1 AND name = ?2 COLLATE NOCASE)";
        conn.prepare_cached(sql)?.query_row((self.kind().word(), self.name()), |row| row.get(0))
    }
}

/// Everything that has to be looked at: what a statement that fires all triggers of a table compiles, is sound.
pub(super) fn all(conn: &Connection, catalog: &Catalog) -> rusqlite::Result<Vec<Target>> {
    let (mut targets, mut events) = (Vec::new(), Vec::<(String, Event, bool)>::new());
    for entry in catalog.iter() {
        let name = entry.object.name.clone().into_owned();
        match entry.object.kind {
            Kind::View => targets.push(Target::View(name)),
            Kind::Table if has_keys(&entry.sql) => targets.push(Target::Keys(name)),
            Kind::Trigger => {
                let Some(event) = Event::of(&entry.sql) else { continue };
                let table = entry.object.table.clone().into_owned();
                let known = events.iter().find(|(t, e, _)| *t == table && *e == event).map(|(.., sound)| *sound);
                let sound = known.unwrap_or_else(|| {
                    let sound = event.sql(conn, &table).is_none_or(|sql| compile(conn, &sql).is_none());
                    events.push((table.clone(), event, sound));
                    sound
                });
                if !sound && compiles_itself(conn, &table) {
                    targets.push(Target::Trigger { name, table, event });
                }
            }
            _ => {}
        }
    }
    Ok(targets)
}

/// The views and triggers with something in double quotes, and their SQL.
pub(super) fn quoted(catalog: &Catalog) -> impl Iterator<Item = (Target, &str)> {
    let entries = catalog.iter().filter(|entry| entry.sql.contains('"'));
    entries.filter_map(|entry| {
        let name = entry.object.name.clone().into_owned();
        let target = match entry.object.kind {
            Kind::View => Target::View(name),
            Kind::Trigger => {
                let table = entry.object.table.clone().into_owned();
                Target::Trigger { name, table, event: Event::of(&entry.sql)? }
            }
            _ => return None,
        };
        Some((target, entry.sql.as_str()))
    })
}

/// Whether this name stands in double quotes somewhere.
pub(super) fn has_quoted(sql: &str, name: &str) -> bool {
    words(sql).iter().any(|word| is_quoted(word, name))
}

pub(crate) fn is_quoted(word: &Token<'_>, name: &str) -> bool {
    word.kind == TokenKind::DoubleQuoted && word.name().is_some_and(|found| found == name)
}

pub(super) fn has_keys(sql: &str) -> bool {
    sql.as_bytes().windows(10).any(|window| window.eq_ignore_ascii_case(b"REFERENCES"))
}

impl Event {
    /// What stands in front of the `ON` of a `CREATE TRIGGER`.
    fn of(sql: &str) -> Option<Event> {
        let words = words(sql);
        words.iter().skip(2).find_map(|word| {
            let events = [("INSERT", Event::Insert), ("UPDATE", Event::Update), ("DELETE", Event::Delete)];
            events.into_iter().find(|(name, _)| word.is_word(name)).map(|(_, event)| event)
        })
    }

    /// A statement that fires every trigger of this kind. It is compiled and never run.
    fn sql(self, conn: &Connection, table: &str) -> Option<String> {
        let name = quote(table);
        Some(match self {
            Event::Insert => format!("INSERT INTO main.{name} DEFAULT VALUES"),
            Event::Delete => format!("DELETE FROM main.{name}"),
            Event::Update => {
                let columns = columns(conn, table).ok()?;
                let set: Vec<String> = columns.iter().map(|c| format!("{0} = {0}", quote(c))).collect();
                format!("UPDATE main.{name} SET {}", set.join(", "))
            }
        })
    }
}

/// The columns that can be set: not the generated ones.
fn columns(conn: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden = 0";
    conn.prepare_cached(sql)?.query_map([table], |row| row.get(0))?.collect()
}

/// Of a view that does not compile, its triggers need not be said too.
fn compiles_itself(conn: &Connection, table: &str) -> bool {
    compile(conn, &format!("SELECT * FROM main.{}", quote(table))).is_none()
}

/// Compiles a trigger with all others out of the way, and puts them back.
fn alone(conn: &Connection, name: &str, table: &str, event: Event) -> Option<String> {
    let sql = event.sql(conn, table)?;
    conn.execute_batch("SAVEPOINT alone").ok()?;
    let others = || -> rusqlite::Result<Vec<String>> {
        let sql = "SELECT name FROM main.sqlite_master WHERE type = 'trigger' AND name <> ?1 COLLATE NOCASE";
        conn.prepare(sql)?.query_map([name], |row| row.get(0))?.collect()
    };
    for other in others().unwrap_or_default() {
        // One that cannot be dropped stays, and the message may then be its.
        let _ = conn.execute_batch(&format!("DROP TRIGGER main.{}", quote(&other)));
    }
    let trouble = compile(conn, &sql);
    conn.execute_batch("ROLLBACK TO alone; RELEASE alone").ok()?;
    trouble
}

fn compile(conn: &Connection, sql: &str) -> Option<String> {
    let error = conn.prepare(sql).err()?;
    let (message, _) = migrate_core::__private::describe(&error);
    Some(message.replace("no such table: main.", "no such table: "))
}
