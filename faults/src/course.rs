//! The states that a run may leave behind, found out by plain SQLite executing the migrations.

use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::{Batch, Connection};

use crate::dump::{dump, dump_all, history, integrity};

/// A migration, as plain SQLite is to execute it.
#[derive(Clone, Debug)]
pub struct Text {
    /// What the history calls it.
    pub name: String,
    /// Its statements.
    pub sql: String,
    /// Whether it runs outside a transaction, so that an interrupted one leaves what it has done.
    pub outside: bool,
    /// Whether foreign keys are enforced while it runs.
    pub foreign_keys: bool,
    /// What its Rust step does.
    pub step: Option<&'static str>,
}

/// A place on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Exactly as before the run.
    Old,
    /// So many migrations are in the history, and their schema and rows are there.
    At(usize),
    /// So many are, and the next has been begun outside a transaction.
    Started(usize),
}

/// Every place, with what there is.
#[derive(Debug)]
pub struct Course {
    old: String,
    names: Vec<String>,
    places: Vec<(Place, String)>,
}

impl Course {
    /// Executes the migrations from a position on, on a database in memory that is at it; `old` is everything that is in the
    /// database before the run.
    ///
    /// ```
    /// use faults::{Course, Place, Text};
    ///
    /// let conn = rusqlite::Connection::open_in_memory()?;
    /// let sql = "CREATE TABLE notes(body)".to_owned();
    /// let text = Text { name: "001".to_owned(), sql, outside: false, foreign_keys: false, step: None };
    /// let course = Course::of(&conn, String::new(), 0, &[text])?;
    /// assert_eq!(course.find(&rusqlite::Connection::open_in_memory()?), Ok(Place::Old));
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    pub fn of(conn: &Connection, old: String, from: usize, texts: &[Text]) -> rusqlite::Result<Course> {
        let mut places = vec![(Place::At(from), dump(conn)?)];
        for (index, text) in texts.iter().enumerate().skip(from) {
            conn.pragma_update(None, "foreign_keys", text.foreign_keys)?;
            let mut statements = Batch::new(conn, &text.sql);
            places.push((Place::Started(index), dump(conn)?));
            while let Some(mut statement) = statements.next()? {
                let mut rows = statement.raw_query();
                while rows.next()?.is_some() {}
                drop(rows);
                if text.outside {
                    places.push((Place::Started(index), dump(conn)?));
                }
            }
            text.step.iter().try_for_each(|step| conn.execute_batch(step))?;
            places.push((Place::At(index + 1), dump(conn)?));
        }
        places.retain(|(place, _)| !matches!(place, Place::Started(index) if !texts[*index].outside));
        Ok(Course { old, names: texts.iter().map(|text| text.name.clone()).collect(), places })
    }

    /// Where a database is; an error says what is wrong with it.
    ///
    /// ```
    /// # use faults::{Course, Place};
    /// let conn = rusqlite::Connection::open_in_memory()?;
    /// let course = Course::of(&conn, String::new(), 0, &[])?;
    /// conn.execute_batch("CREATE TABLE surprise(x)")?;
    /// assert!(course.find(&conn).is_err());
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    pub fn find(&self, conn: &Connection) -> Result<Place, String> {
        let failed = |error: rusqlite::Error| format!("it cannot be read: {error}");
        match integrity(conn).map_err(failed)? {
            ok if ok == "ok" => {}
            wrong => return Err(format!("it is damaged: {wrong}")),
        }
        if dump_all(conn).map_err(failed)? == self.old {
            return Ok(Place::Old);
        }
        let (dump, history) = (dump(conn).map_err(failed)?, history(conn).map_err(failed)?.unwrap_or_default());
        let place = self.places.iter().find(|(place, there)| *there == dump && self.says(&history, *place));
        place.map(|(place, _)| *place).ok_or_else(|| format!("a half state; history: {history:?}\n{dump}"))
    }

    /// Whether a history is that of a place.
    fn says(&self, history: &[String], place: Place) -> bool {
        let (ended, begun) = match place {
            Place::Old => return false,
            Place::At(position) => (position, 0),
            Place::Started(position) => (position, 1),
        };
        let says = |(index, row): (usize, &String)| {
            let (name, origin) = row.split_once(' ').unwrap_or((row, "?"));
            name == self.names[index] && origin != "?" && (origin == "started") == (index >= ended)
        };
        history.len() == ended + begun && history.iter().enumerate().all(says)
    }

    /// The index of a migration.
    ///
    /// ```
    /// # let course = faults::Course::of(&rusqlite::Connection::open_in_memory()?, String::new(), 0, &[])?;
    /// assert_eq!(course.position("001_no_such.sql"), None);
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}
