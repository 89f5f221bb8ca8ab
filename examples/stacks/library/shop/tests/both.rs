//! Two lists of migrations in one file, in both orders.

use migrate::rusqlite::Connection;
use migrate::{Outcome, Report};
use shop::db::{self, Version};

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Every object of a database, and its rows as SQLite counts them.
fn content(conn: &Connection, prefix: &str) -> Result<Vec<String>> {
    let mut objects =
        conn.prepare("SELECT name, sql FROM sqlite_master WHERE tbl_name LIKE ?1 || '%' ORDER BY name")?;
    let objects = objects.query_map([prefix], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let mut content = Vec::new();
    for object in objects {
        let (name, sql): (String, Option<String>) = object?;
        let is_table = sql.as_ref().is_some_and(|sql| sql.starts_with("CREATE TABLE"));
        let rows = match is_table {
            true => conn.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))?,
            false => 0,
        };
        content.push(format!("{name} {rows} {}", sql.unwrap_or_default()));
    }
    Ok(content)
}

fn recorded(conn: &Connection, history: &str) -> Result<Vec<String>> {
    let mut names = conn.prepare(&format!("SELECT migration_name FROM {history} ORDER BY id"))?;
    Ok(names.query_map([], |row| row.get(0))?.collect::<std::result::Result<_, _>>()?)
}

fn is_quiet(report: &Report<Version>) -> bool {
    report.drift().is_same() && report.removed().is_empty()
}

#[test]
fn the_application_first() -> Result {
    let mut conn = Connection::open_in_memory()?;
    let report = db::MIGRATIONS.run(&mut conn)?;
    assert!(report.outcome() == Outcome::Fresh && is_quiet(&report));
    let before = content(&conn, "o")?;
    outbox::install(&mut conn)?;
    assert_eq!(recorded(&conn, "outbox_migrations")?, ["001_create_outbox.sql", "002_add_attempts.sql"]);
    let after = content(&conn, "o")?;
    assert!(before.iter().all(|object| after.contains(object)), "{before:?}\n{after:?}");
    Ok(())
}

#[test]
fn the_library_first() -> Result {
    let mut conn = Connection::open_in_memory()?;
    outbox::install(&mut conn)?;
    outbox::put(&conn, "hello")?;
    let before = content(&conn, "outbox")?;
    assert!(before[0].starts_with("outbox_by_attempts ") && before[1].starts_with("outbox_messages 1 "), "{before:?}");
    let report = db::MIGRATIONS.run(&mut conn)?;
    assert!(report.outcome() == Outcome::Fresh && is_quiet(&report), "{report}");
    assert_eq!(recorded(&conn, "schema_migrations")?, ["001_create_orders.sql", "002_require_count.sql"]);
    assert_eq!(content(&conn, "outbox")?, before);
    Ok(())
}

#[test]
fn each_goes_on_while_the_other_has_rows() -> Result {
    let mut conn = Connection::open_in_memory()?;
    db::migrator().target(Version::CreateOrders).run(&mut conn)?;
    conn.execute_batch("INSERT INTO orders (article) VALUES ('tea')")?;
    outbox::install(&mut conn)?;
    outbox::put(&conn, "hello")?;
    let before = content(&conn, "outbox")?;
    // A rebuild of a table, with all that is checked after one.
    let report = db::MIGRATIONS.run(&mut conn)?;
    assert!(report.outcome() == Outcome::Applied && is_quiet(&report), "{report}");
    assert_eq!(content(&conn, "outbox")?, before);
    // The next start finds nothing to do, on either side.
    assert_eq!(db::MIGRATIONS.run(&mut conn)?.outcome(), Outcome::Current);
    outbox::install(&mut conn)?;
    assert_eq!(content(&conn, "outbox")?, before);
    assert!(db::is_schema_current(&conn)?);
    assert_eq!(outbox::next(&conn)?, (1, "hello".to_owned()));
    Ok(())
}

#[test]
fn an_order_and_its_message_are_one_transaction() -> Result {
    let dir = tempfile::tempdir()?;
    let mut conn = shop::open(&dir.path().join("shop.db"))?;
    shop::order(&mut conn, "tea", 2)?;
    conn.execute_batch("DROP TABLE outbox_messages")?;
    assert!(shop::order(&mut conn, "coffee", 1).is_err());
    let orders: u32 = conn.query_row("SELECT count(*) FROM orders", [], |row| row.get(0))?;
    assert_eq!(orders, 1);
    // What is missing is the library's, and it says so.
    let error = outbox::install(&mut conn).expect_err("its history is longer than its tables");
    assert!(error.to_string().contains("`outbox_messages`"), "{error}");
    assert!(db::is_schema_current(&conn)?, "the shop's own tables are all there");
    Ok(())
}
