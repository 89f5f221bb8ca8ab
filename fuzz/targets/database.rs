//! A database file with damaged bytes: nothing panics, and an error that says so has changed nothing.
#![no_main]

use std::cell::OnceCell;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use migrate_core::rusqlite::Connection;
use migrate_core::{AnyVersion, BackupPolicy, Migrations, Migrator, Target};
use migrate_fuzz_kit::list;

#[path = "kit.rs"]
mod migrate_fuzz_kit;

#[derive(Arbitrary, Debug)]
struct Damage {
    version: u8,
    patches: Vec<(u16, u8)>,
    cut: Option<u16>,
}

thread_local! {
    static IMAGES: OnceCell<(Migrations<AnyVersion>, Vec<Vec<u8>>)> = const { OnceCell::new() };
}

fn images() -> (Migrations<AnyVersion>, Vec<Vec<u8>>) {
    let all = list();
    let dir = tempfile::tempdir_in("/dev/shm").expect("memory");
    let image = |version: usize| {
        let path = dir.path().join(format!("{version}.db"));
        let mut conn = Connection::open(&path).expect("open");
        Migrator::new(&all).target(Target::At(AnyVersion(version))).run(&mut conn).expect("valid");
        drop(conn);
        std::fs::read(path).expect("read")
    };
    let images = (0..3).map(image).collect();
    (all, images)
}

fuzz_target!(|damage: Damage| {
    IMAGES.with(|cell| {
        let (all, images) = cell.get_or_init(images);
        let mut bytes = images[usize::from(damage.version) % images.len()].clone();
        for (at, value) in damage.patches.iter().take(16) {
            let at = usize::from(*at) % bytes.len();
            bytes[at] = *value;
        }
        if let Some(cut) = damage.cut {
            bytes.truncate(usize::from(cut));
        }
        let dir = tempfile::tempdir_in("/dev/shm").expect("memory");
        let path = dir.path().join("app.db");
        std::fs::write(&path, &bytes).expect("write");
        let Ok(mut conn) = Connection::open(&path) else { return };
        let _ = conn.execute_batch("PRAGMA synchronous = OFF");
        let _ = all.status(&conn);
        let _ = all.plan(&conn);
        let done = Migrator::new(all).backup(BackupPolicy::Always).run(&mut conn);
        assert!(conn.is_autocommit());
        drop(conn);
        if let Err(error) = done {
            let text = error.to_string();
            if text.contains("nothing was changed") && damage.cut.is_none() {
                let after = std::fs::read(&path).expect("read");
                assert!(after == bytes, "{text}");
            }
        }
    });
});
