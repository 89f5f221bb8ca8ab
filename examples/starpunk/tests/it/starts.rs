//! Several processes of the site that start at the same moment, as a server with four workers does.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use migrate::rusqlite::Connection;

use crate::Result;
use crate::files::{BASE, File, LEGACY_ROWS, kept_rows};

const PROCESSES: usize = 4;

/// 200, or as many as `STARPUNK_ROUNDS` asks for.
fn number_of_rounds() -> usize {
    std::env::var("STARPUNK_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(200)
}

#[test]
fn four_at_once_on_a_fresh_file() -> Result {
    rounds(&[], "fresh database: ", &[])
}

#[test]
fn four_at_once_on_a_legacy_file() -> Result {
    rounds(&[BASE, LEGACY_ROWS], "database without history, ", &kept_rows())
}

fn rounds(scripts: &[&str], outcome: &str, rows: &[&str]) -> Result {
    for round in 0..number_of_rounds() {
        let file = File::of(scripts)?;
        let said = start_all(&file, round)?;
        let migrated = said.iter().filter(|said| said.starts_with(outcome)).count();
        let current = said.iter().filter(|said| said.starts_with("current: ")).count();
        assert_eq!((migrated, current), (1, PROCESSES - 1), "round {round}: {said:#?}");
        assert_eq!(file.kept_rows()?, rows, "round {round}");
        file.assert_current()?;
    }
    Ok(())
}

/// Starts them and waits for all of them; the answer is what each printed.
///
/// In every second round a lock on the file holds them back at first: they all look at it, find that there is something
/// to do, and wait; when the lock goes, each of them knows what was there before the others.
fn start_all(file: &File, round: usize) -> Result<Vec<String>> {
    let lock = file.connect()?;
    if round % 2 == 1 {
        lock.execute_batch("BEGIN IMMEDIATE")?;
    }
    let processes = (0..PROCESSES).map(|_| start(file)).collect::<Result<Vec<Child>>>()?;
    release(&lock)?;
    let mut said = Vec::new();
    for process in processes {
        let output = process.wait_with_output()?;
        let printed = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(0), "round {round}: a failed start: {printed}");
        said.push(printed);
    }
    Ok(said)
}

fn start(file: &File) -> Result<Child> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_starpunk"));
    Ok(command.arg(file.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?)
}

fn release(lock: &Connection) -> Result {
    if !lock.is_autocommit() {
        sleep(Duration::from_millis(15));
        lock.execute_batch("ROLLBACK")?;
    }
    Ok(())
}
