//! Whether what was timed was also done.

use std::path::{Path, PathBuf};

use crate::scenarios::remove;
use crate::{Asked, Peer};

/// The tables of the generated migrations; no peer's history is called so.
const TABLES: &str = "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 't[0-9]*' ORDER BY name";

/// Looks at every file, and removes what was made by the scenario. All have to hold the same: its digest.
pub(crate) fn all<P: Peer>(asked: &Asked, paths: &[PathBuf]) -> u64 {
    let mut digest = 0;
    for (index, path) in paths.iter().enumerate() {
        let found = one::<P>(asked, path);
        assert!(index == 0 || found == digest, "{} differs", path.display());
        digest = found;
        if !path.to_string_lossy().ends_with(".current") {
            remove(path);
        }
    }
    digest
}

fn one<P: Peer>(asked: &Asked, path: &Path) -> u64 {
    let mut conn = P::open(path);
    assert_eq!(P::history(&mut conn), asked.count as i64, "{}: the history", path.display());
    let wal = P::text(&mut conn, "SELECT journal_mode AS value FROM pragma_journal_mode") == "wal";
    assert_eq!(wal, asked.wal, "{}: the journal mode", path.display());
    let mut digest = Fnv::default();
    // Objects, columns, and every row of every table.
    for sql in [
        "SELECT group_concat(type || ' ' || name || ' ' || tbl_name, ';') AS value
         FROM (SELECT * FROM sqlite_master WHERE tbl_name GLOB 't[0-9]*' ORDER BY type, name)"
            .to_owned(),
        format!(
            "SELECT group_concat(t.name || '.' || c.name || c.type || c.\"notnull\" || c.pk || coalesce(c.dflt_value, '-'))
             AS value FROM ({TABLES}) AS t, pragma_table_xinfo(t.name) AS c"
        ),
        format!(
            "SELECT coalesce(group_concat(t.name || '.' || k.\"from\" || k.\"table\" || k.on_delete), '-')
             AS value FROM ({TABLES}) AS t, pragma_foreign_key_list(t.name) AS k"
        ),
        "SELECT integrity_check AS value FROM pragma_integrity_check".to_owned(),
        "SELECT count(*) || '' AS value FROM pragma_foreign_key_check".to_owned(),
    ] {
        digest.add(&P::text(&mut conn, &sql));
    }
    let tables = P::text(&mut conn, &format!("SELECT group_concat(name, ' ') AS value FROM ({TABLES})"));
    for table in tables.split(' ') {
        let columns = P::text(
            &mut conn,
            &format!(
                "SELECT group_concat('quote(' || name || ')', ' || ') AS value FROM pragma_table_xinfo('{table}')"
            ),
        );
        digest.add(&P::text(&mut conn, &format!("SELECT group_concat({columns}, ';') AS value FROM {table}")));
    }
    P::close(conn);
    digest.0
}

/// FNV-1a: it has to find differences, not to withstand anybody.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    fn add(&mut self, text: &str) {
        for byte in text.bytes().chain([0]) {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
