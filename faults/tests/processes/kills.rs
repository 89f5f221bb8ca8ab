//! `kill -9`, at random moments and at chosen points of a run over tens of thousands of rows.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::Start;
use crate::random::{Random, count};

/// Each note has two tags, and is counted once: four times as many rows.
const NOTES: u32 = 5_000;

/// What may be committed on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    All,
    Each,
    /// The fourth migration runs outside a transaction, which parts the run there.
    Outside,
}

impl Mode {
    fn allows(self, position: usize) -> bool {
        match self {
            Mode::All => [0, 5].contains(&position),
            Mode::Each => position <= 5,
            Mode::Outside => [0, 3, 4, 5].contains(&position),
        }
    }
}

/// The databases to start from, made once.
fn scene(journal: &'static str, mode: Mode) -> &'static Scene {
    static SCENES: [OnceLock<Scene>; 4] = [const { OnceLock::new() }; 4];
    let outside = mode == Mode::Outside;
    let list = || if outside { List::outside() } else { List::of(5) };
    let index = usize::from(outside) + 2 * usize::from(journal == "wal");
    SCENES[index].get_or_init(|| Scene::new(list(), Begin::Legacy, journal, NOTES))
}

/// How many kills left how many migrations behind.
type Left = BTreeMap<usize, u64>;

#[test]
fn killed_in_rollback_mode() {
    at_random("delete", Mode::All, 1);
    at_random("delete", Mode::Each, 2);
}

#[test]
fn killed_in_wal_mode() {
    at_random("wal", Mode::All, 3);
    at_random("wal", Mode::Each, 4);
}

#[test]
fn killed_outside_a_transaction() {
    at_random("delete", Mode::Outside, 5);
    at_random("wal", Mode::Outside, 6);
}

/// A sixth of `KILLS`, or of 42.
fn at_random(journal: &'static str, mode: Mode, salt: u64) {
    let scene = scene(journal, mode);
    let (mut left, mut case, mut length) = (Left::new(), 0, None);
    while left.values().sum::<u64>() < count("KILLS", 42).div_ceil(6) {
        case += 1;
        let seed = count("KILLS_SEED", case * 10 + salt);
        let mut random = Random::of(seed);
        let db = scene.copy();
        let start = start(scene, &db, mode, &mut random);
        let length = *length.get_or_insert_with(|| measure(scene, mode));
        // A start that repairs what a killed one left may be killed too.
        for _ in 0..=random.below(2) {
            let mut process = start.clone().stop("read").spawn();
            process.reach("read");
            process.go();
            sleep(Duration::from_micros(moment(&mut random, length)));
            let killed = process.kill();
            let position = judge(scene, &db, mode, &format!("KILLS_SEED={seed}, {journal}"));
            if killed {
                *left.entry(position).or_default() += 1;
            }
        }
        recover(scene, &db, &start, &format!("KILLS_SEED={seed}, {journal}"));
    }
    println!("kills at random moments, {journal}, {}: {left:?}", name(mode));
}

/// One time in two near the end, where the commit is.
fn moment(random: &mut Random, length: u64) -> u64 {
    let begin = if random.below(2) == 0 { 0 } else { length * 4 / 5 };
    begin + random.below(length - begin)
}

#[test]
fn killed_at_each_point() {
    let mut left = Left::new();
    let points = ["lock", "decide", "backup", "apply:1", "applied:3", "apply:4", "applied:5", "commit", "committed"];
    let modes = [("delete", Mode::All), ("wal", Mode::Each), ("delete", Mode::Outside), ("wal", Mode::All)];
    for (index, (journal, mode)) in modes.into_iter().enumerate() {
        let scene = scene(journal, mode);
        // Every other point here, and the ones between in the next mode; all of them in a long run.
        let (first, every) = if count("KILLS", 42) > 42 { (0, 1) } else { (index / 2, 2) };
        for point in points.into_iter().skip(first).step_by(every) {
            let what = format!("at `{point}`, {journal}, {}", name(mode));
            let db = scene.copy();
            let start = start(scene, &db, mode, &mut Random::of(left.values().sum()));
            let mut process = start.clone().stop(point).spawn();
            process.reach(point.split(':').next().expect("a point"));
            assert!(process.kill());
            *left.entry(judge(scene, &db, mode, &what)).or_default() += 1;
            recover(scene, &db, &start, &what);
        }
    }
    println!("kills at points of a run: {left:?}");
}

fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::All => "all or nothing",
        Mode::Each => "each by itself",
        Mode::Outside => "one outside a transaction",
    }
}

fn start(scene: &Scene, db: &Db, mode: Mode, random: &mut Random) -> Start {
    let start = Start::of(scene.list.path(), &db.path())
        .with("foreign_keys", random.below(2))
        .with("cache_size", if random.below(2) == 0 { 10 } else { 2000 })
        .with("timeout", 20_000);
    if mode == Mode::Each { start.with("atomicity", "each") } else { start }
}

/// How many microseconds a whole run takes.
fn measure(scene: &Scene, mode: Mode) -> u64 {
    let db = scene.copy();
    let mut process = start(scene, &db, mode, &mut Random::of(0)).stop("read").spawn();
    process.reach("read");
    let begun = Instant::now();
    process.go();
    let outcome = process.outcome();
    assert!(outcome.well && outcome.names.len() == scene.list.len(), "{outcome:?}");
    begun.elapsed().as_micros().try_into().expect("short")
}

fn judge(scene: &Scene, db: &Db, mode: Mode, what: &str) -> usize {
    let position = scene.position(&db.path(), what);
    assert!(mode.allows(position), "{what}: after {position} migrations");
    position
}

fn recover(scene: &Scene, db: &Db, start: &Start, what: &str) {
    let outcome = start.run();
    assert!(outcome.well, "{what}: the next start: {outcome:?}");
    scene.assert_current(&db.path(), what);
    scene.assert_backups(db, what);
}
