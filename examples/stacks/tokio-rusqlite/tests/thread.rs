//! A connection with a thread of its own.

use std::path::PathBuf;

use migrate::Outcome;
use migrate::rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::mpsc::unbounded_channel;
use tokio_rusqlite_app::db::{self, Version};
use tokio_rusqlite_app::{OpenError, Progress, mean, open};

type Result<T = ()> = eyre::Result<T>;

fn old_file() -> Result<(TempDir, PathBuf)> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().join("readings.db");
    let mut conn = Connection::open(&path)?;
    db::migrator().target(Version::CreateReadings).run(&mut conn)?;
    conn.execute_batch("INSERT INTO readings (celsius) VALUES (18.5), (19.5)")?;
    Ok((dir, path))
}

#[tokio::test]
async fn progress_is_told_on_the_other_side() -> Result {
    let (_dir, path) = old_file()?;
    let (progress, mut told) = unbounded_channel();
    let (conn, report) = open(path, progress).await?;
    assert_eq!(report.outcome(), Outcome::Applied);
    assert_eq!(mean(&conn).await?, Some(19.0));
    let mut all = Vec::new();
    while let Some(progress) = told.recv().await {
        all.push(progress);
    }
    let progress = |name: &str, number| Progress { name: name.to_owned(), number, total: 2 };
    assert_eq!(all, [progress("002_add_sensors.sql", 1), progress("003_add_sensor_of_readings.sql", 2)]);
    Ok(())
}

#[tokio::test]
async fn the_error_type_is_carried_through() -> Result {
    let (_dir, path) = old_file()?;
    // As a development build may have left it.
    Connection::open(&path)?.execute_batch("CREATE TABLE sensors (id INTEGER PRIMARY KEY)")?;
    let error = open(path, unbounded_channel().0).await.expect_err("`sensors` is there already");
    assert!(matches!(&error, OpenError::Migrate(migrate::Error::Ambiguous { .. })), "{error:?}");
    let report = eyre::Report::from(error);
    assert!(report.to_string().contains("nothing was changed"), "{report}");
    assert!(report.to_string().contains("`sensors`"), "{report}");
    Ok(())
}

/// What `?` alone would have made of it.
#[tokio::test]
async fn without_a_conversion_the_message_stands_in_quotes() -> Result {
    let (_dir, path) = old_file()?;
    Connection::open(&path)?.execute_batch("CREATE TABLE sensors (id INTEGER PRIMARY KEY)")?;
    let conn = tokio_rusqlite::Connection::open(path).await?;
    let error = conn.call(|conn| db::MIGRATIONS.run(conn)).await.expect_err("it is refused");
    let report = eyre::Report::from(error);
    assert!(report.to_string().starts_with("Error(\""), "{report}");
    // The way to the error itself is open all the same.
    let source = report.chain().find_map(|error| error.downcast_ref::<migrate::Error>());
    assert!(matches!(source, Some(migrate::Error::Ambiguous(_))));
    Ok(())
}

/// What is asserted here is asserted when it compiles.
#[test]
fn errors_and_reports_go_anywhere() {
    fn anywhere<T: Send + Sync + 'static>() {}
    anywhere::<migrate::Error>();
    anywhere::<migrate::Report<Version>>();
    anywhere::<migrate::Plan<Version>>();
    anywhere::<migrate::Status<Version>>();
    anywhere::<tokio_rusqlite::Error<migrate::Error>>();
}
