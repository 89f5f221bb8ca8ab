use std::path::Path;
use std::time::Duration;

use super::*;

fn track(dir: &Path) -> (Source, Scripts, Replay) {
    let (source, findings) = migrate_source::load(dir, "migrations");
    assert!(findings.is_empty(), "{findings:?}");
    let scripts = Scripts::of(&source);
    let replay = Replay::of(&source, &scripts, Duration::from_secs(10), &Cache::default()).unwrap();
    assert!(replay.complete, "{}", dir.display());
    (source, scripts, replay)
}

/// That nothing is found means something only where there are rows to find it on.
#[test]
fn every_table_out_there_gets_rows_that_suit_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/real-world");
    for entry in std::fs::read_dir(root).unwrap() {
        let dir = entry.unwrap().path();
        let (source, scripts, replay) = track(&dir);
        let lineages = Lineage::all(&source, &scripts, &replay.timeline, replay.positions.len());
        let mut track = Track {
            source: &source,
            scripts: &scripts,
            replay: &replay,
            lineages: &lineages,
            limit: Duration::from_secs(10),
            scratch: Scratch::open(&source.config, Duration::from_secs(10)).unwrap(),
            seeds: Seeds::new(),
            emptied: Vec::new(),
            asked: Vec::new(),
            found: Witness::default(),
        };
        track.all(&Cache::default()).unwrap();
        let last = replay.positions.len() - 1;
        let emptied = std::mem::take(&mut track.emptied);
        track.seeds.refresh(&track.scratch, last, &replay.positions[last].changes, &emptied, &BTreeSet::new()).unwrap();
        let unseeded: Vec<String> =
            track.seeds.unseeded.iter().map(|table| format!("{}: {}", table.table, table.reason)).collect();
        assert_eq!(unseeded, [] as [String; 0], "{}", dir.display());
        assert!(track.seeds.doubtful.is_empty(), "{}: {:?}", dir.display(), track.seeds.doubtful);
        for table in track.seeds.tables() {
            let rows = Rows::read(track.scratch.conn(), &table.name).unwrap();
            let shown: Vec<String> = (0..rows.rows.len()).map(|row| rows.shown(row)).collect();
            assert!(!rows.rows.is_empty(), "{}: {}", dir.display(), table.name);
            assert!(track.orphans(&table.name).is_empty(), "{}: {shown:?}", table.name);
        }
    }
}
