//! A sweep that is killed goes on where it was: no file twice, none forgotten.

use std::env;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::Duration;

use migrate_fleet::Fleet;

use crate::kit::{Version, count, db, directory, runs, tenant};

const DIRECTORY: &str = "MIGRATE_FLEET_KILLED";

/// Not a test: what the test below starts, and kills.
#[test]
fn sweeper() {
    let Some(directory) = env::var_os(DIRECTORY) else { return };
    let mut files: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "db"))
        .collect();
    files.sort();
    Fleet::new(&db::MIGRATIONS).threads(2).canary(3).sweep(&files).unwrap();
}

#[test]
fn a_sweep_that_is_killed_ten_times_does_every_file_once() {
    let count_of_files: usize =
        env::var("FLEET_FILES").map_or(300, |text| text.parse().expect("FLEET_FILES is a number"));
    let dir = directory();
    let files: Vec<PathBuf> = (0..count_of_files)
        .map(|n| tenant(dir.path(), &format!("{n:05}.db"), Version::CreateNotes, &["Shopping", "Cooking"]))
        .collect();
    let done = || files.iter().filter(|file| runs(file) > 0).count();
    let start = || {
        Command::new(env::current_exe().unwrap())
            .args(["--exact", "killed::sweeper", "--nocapture"])
            .env(DIRECTORY, dir.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap()
    };

    let (mut kills, mut progress) = (0, Vec::new());
    while kills < 10 {
        let mut sweeper = start();
        // Until a tenth of them more is done, and then in the middle of something.
        let goal = count_of_files * (kills + 1) / 12;
        let ended = loop {
            if let Some(status) = sweeper.try_wait().unwrap() {
                break Some(status);
            }
            if done() >= goal {
                break None;
            }
            thread::sleep(Duration::from_millis(3));
        };
        assert_eq!(ended, None, "the sweep ended before it was killed {kills} times: more files are needed");
        sweeper.kill().unwrap();
        assert!(!sweeper.wait().unwrap().success());
        kills += 1;
        progress.push(done());
    }
    assert!(progress.windows(2).all(|pair| pair[0] <= pair[1]), "{progress:?}");
    assert!(*progress.last().unwrap() < count_of_files, "something is left for the last: {progress:?}");

    assert!(start().wait().unwrap().success());
    for file in &files {
        assert_eq!(runs(file), 1, "{}", file.display());
        assert_eq!((count(file, "notes"), count(file, "tags")), (2, 2), "{}", file.display());
        assert_eq!(count(file, "schema_migrations"), 4, "{}", file.display());
        assert_eq!(count(file, "pragma_integrity_check WHERE integrity_check = 'ok'"), 1, "{}", file.display());
    }
    let said = format!("{count_of_files} files, {kills} kills, after each {progress:?} done, 0 twice, 0 forgotten\n");
    std::io::Write::write_all(&mut std::io::stdout(), said.as_bytes()).unwrap();
}
