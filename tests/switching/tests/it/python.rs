//! The Python ancestor: its table has the name of ours and three of its columns, so it *is* the history from now on.

use migrate::Outcome;
use switching::{COUNT, List, by_hand, lines, python};

use crate::Result;
use crate::files::{File, rows, schema, write};

const ROWS: &str = "SELECT id, migration_name, applied_at FROM schema_migrations ORDER BY id";

#[test]
fn its_table_becomes_ours() -> Result {
    let list: &dyn List = &by_hand::after::db::MIGRATIONS;
    let fresh = File::new()?;
    list.run(&mut fresh.connect()?)?;
    for version in 1..=COUNT {
        let file = File::new()?;
        python::bring(&file.path, version)?;
        write(&file.connect()?, version)?;
        let (kept, before) = (lines(&file.connect()?, ROWS)?, rows(&file.connect()?)?);
        let ran = list.run(&mut file.connect()?)?;
        assert_eq!(ran.outcome, Outcome::Applied, "at {version}: {}", ran.shown);
        assert_eq!((ran.marked, ran.applied), (0, COUNT - version), "at {version}: {}", ran.shown);
        let conn = file.connect()?;
        assert!(lines(&conn, ROWS)?.starts_with(&kept), "its rows are the first ones");
        assert_eq!((rows(&conn)?, schema(&conn)?), (before, schema(&fresh.connect()?)?), "at {version}");
        assert_eq!(list.run(&mut file.connect()?)?.outcome, Outcome::Current, "at {version}");
    }
    Ok(())
}

#[test]
fn one_that_is_not_in_the_list() -> Result {
    let file = File::new()?;
    python::bring(&file.path, COUNT)?;
    file.connect()?.execute("INSERT INTO schema_migrations (migration_name) VALUES ('007_rate_books.sql')", [])?;
    let error = List::run(&by_hand::after::db::MIGRATIONS, &mut file.connect()?).unwrap_err().to_string();
    assert!(
        error.starts_with("the database is at `007_rate_books.sql`, and this program knows 6 migrations"),
        "{error}"
    );
    Ok(())
}
