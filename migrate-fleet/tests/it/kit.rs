//! Directories of tenants.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use migrate::rusqlite::Connection;

pub(crate) mod db {
    migrate::migrations!("tests/fixtures/tenant");
}

pub(crate) use db::Version;

pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A database of a tenant, as the release with that version left it, with these notes and a tag for each.
pub(crate) fn tenant(directory: &Path, name: &str, version: Version, titles: &[&str]) -> PathBuf {
    let path = directory.join(name);
    let mut conn = Connection::open(&path).unwrap();
    db::migrator().target(version).run(&mut conn).unwrap();
    let slug = version == Version::RequireSlugs;
    for title in titles {
        let insert = if slug {
            "INSERT INTO notes (title, slug) VALUES (?1, ?1)"
        } else {
            "INSERT INTO notes (title) VALUES (?1)"
        };
        conn.execute(insert, [title]).unwrap();
        conn.execute("INSERT INTO tags VALUES (last_insert_rowid(), 'home')", []).unwrap();
    }
    conn.close().unwrap();
    path
}

/// Some of the second version, each with a note.
pub(crate) fn tenants(directory: &Path, count: usize) -> Vec<PathBuf> {
    (0..count).map(|n| tenant(directory, &format!("tenant-{n:03}.db"), Version::Count, &["Shopping"])).collect()
}

/// Every file of a directory, with its bytes.
pub(crate) fn bytes(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// How many rows a table has.
pub(crate) fn count(path: &Path, what: &str) -> i64 {
    Connection::open(path).unwrap().query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).unwrap()
}

/// How often the second migration has run on it.
pub(crate) fn runs(path: &Path) -> i64 {
    Connection::open(path).unwrap().query_row("SELECT runs FROM counts", [], |row| row.get(0)).unwrap()
}
