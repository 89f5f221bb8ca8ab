//! `desktop [ENTRY]`: opens the user's journal, and writes an entry into it.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use desktop::{Error, for_the_user};
use migrate::Outcome;

fn main() -> ExitCode {
    let Some(path) = desktop::file() else {
        eprintln!("There is no home directory.");
        return ExitCode::FAILURE;
    };
    let (conn, report) = match desktop::open(&path, &|line| println!("{line}")) {
        Ok(opened) => opened,
        Err(error) => {
            eprintln!("{}", for_the_user(&error));
            log(&path, &error);
            return ExitCode::FAILURE;
        }
    };
    if let Some(copy) = report.backup() {
        println!("Your journal as it was is kept in {}.", copy.file_name().unwrap_or_default().display());
    }
    if report.outcome() == Outcome::Fresh {
        println!("Welcome! Your journal is kept in {}.", path.display());
    }
    if let Some(entry) = std::env::args().nth(1) {
        let sql = "INSERT INTO entries (day, title, body) VALUES (date('now'), substr(?1, 1, 20), ?1)";
        if let Err(error) = conn.execute(sql, [entry]) {
            eprintln!("Your entry could not be written: {error}");
            return ExitCode::FAILURE;
        }
    }
    match conn.query_row("SELECT count(*) FROM entries", [], |row| row.get::<_, i64>(0)) {
        Ok(count) => println!("{count} entries"),
        Err(error) => eprintln!("Your journal cannot be read: {error}"),
    }
    ExitCode::SUCCESS
}

/// The whole message, for those who are asked for help.
fn log(database: &Path, error: &Error) {
    let file = OpenOptions::new().create(true).append(true).open(database.with_extension("log"));
    let _ = match error {
        Error::Migrate(error) => file.and_then(|mut file| writeln!(file, "{error}")),
        Error::Folder(_, error) => file.and_then(|mut file| writeln!(file, "{error}")),
        Error::Open(_, error) => file.and_then(|mut file| writeln!(file, "{error}")),
    };
}
