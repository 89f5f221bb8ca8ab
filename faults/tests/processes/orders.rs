//! Two starters, stepped through every order of what they do: open, read, lock, decide, apply, commit.
//!
//! Each stops before each of the six and waits to be told. A step of one that waits for the other's lock does nothing.
//! Where there are more than six, since a backup is made or each migration is committed by itself, the rest is done in
//! turns.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::database::{Begin, Db, Scene};
use crate::lists::List;
use crate::process::{Outcome, Process, Said, Start};
use crate::random::count;

const STEPS: [&str; 6] = ["open", "read", "lock", "decide", "apply:1", "commit"];

#[test]
fn of_two_starts_on_a_fresh_database() {
    Case::of("fresh", Begin::Fresh, "delete").orders();
}

#[test]
fn of_two_starts_on_a_legacy_database() {
    Case::of("legacy", Begin::Legacy, "delete").orders();
}

#[test]
fn of_two_starts_of_an_upgrade() {
    Case::of("upgrade", Begin::At(3), "delete").orders();
}

#[test]
fn of_two_starts_in_wal_mode() {
    Case::of("upgrade, WAL", Begin::At(3), "wal").orders();
}

#[test]
fn of_two_starts_that_commit_each_migration() {
    Case { atomicity: "each", ..Case::of("upgrade, each by itself", Begin::At(2), "delete") }.orders();
}

#[test]
fn of_two_versions_of_the_program() {
    Case { older: Some(List::of(4)), ..Case::of("two versions", Begin::At(3), "wal") }.orders();
}

#[test]
fn of_two_starts_that_copy_the_database() {
    Case { backup: "always", ..Case::of("upgrade with a backup", Begin::At(3), "delete") }.orders();
}

struct Case {
    what: &'static str,
    scene: Scene,
    atomicity: &'static str,
    backup: &'static str,
    /// What the second starter knows, if that is less.
    older: Option<List>,
}

impl Case {
    fn of(what: &'static str, begin: Begin, journal: &str) -> Case {
        let scene = Scene::new(List::of(5), begin, journal, 5);
        Case { what, scene, atomicity: "all", backup: "never", older: None }
    }

    /// Whether six steps are all that a start has.
    fn is_plain(&self) -> bool {
        self.backup == "never" && self.atomicity == "all"
    }

    /// All 924, or one in so many of them as `ORDERS` says; of those with more than six steps, which take longer, a fifth.
    fn orders(&self) {
        let mut starters = [Process::serve(), Process::serve()];
        let (mut orders, mut courses) = (0, BTreeSet::new());
        let is_one = |order: &u16| order.count_ones() == 6;
        let one_in = usize::try_from(count("ORDERS", 15)).expect("a small number").max(1);
        let one_in = if self.is_plain() { one_in } else { one_in * 5 };
        for order in (0..1_u16 << 12).filter(is_one).step_by(one_in) {
            orders += 1;
            courses.insert(Pair::new(self, &mut starters, order).through(order));
        }
        println!("{}: {orders} orders of two starts, {} different courses", self.what, courses.len());
    }
}

/// Two starts on one database.
struct Pair<'a> {
    what: String,
    case: &'a Case,
    db: Db,
    sides: [Side<'a>; 2],
    /// How long nothing is heard of one that waits for the other: for its copy, which it does not say, or since the lock
    /// went over.
    silence: Option<Duration>,
    /// What happened: who came to which point.
    course: String,
}

struct Side<'a> {
    starter: &'a mut Process,
    at: String,
    waits: bool,
    outcome: Option<Outcome>,
}

impl<'a> Pair<'a> {
    fn new(case: &'a Case, starters: &'a mut [Process; 2], order: u16) -> Pair<'a> {
        let what = format!("{}, order {order:012b}", case.what);
        let db = case.scene.copy();
        let mut lists = [&case.scene.list, case.older.as_ref().unwrap_or(&case.scene.list)].into_iter();
        let sides = starters.each_mut().map(|starter| {
            let start = Start::of(lists.next().expect("a list").path(), &db.path());
            let start = start.with("timeout", 60_000).with("backup", case.backup).with("atomicity", case.atomicity);
            starter.begin(&STEPS.iter().fold(start, |start, step| start.stop(step)));
            assert_eq!(starter.hear(), Said::At("open".to_owned()), "{what}");
            Side { starter, at: "open".to_owned(), waits: false, outcome: None }
        });
        let silence = (!case.is_plain()).then_some(Duration::from_millis(30));
        Pair { what, case, db, sides, silence, course: String::new() }
    }

    /// Each bit is a step of one or the other; what is then left is done in turns.
    fn through(mut self, order: u16) -> String {
        (0..12).for_each(|bit| self.step(usize::from(order >> bit & 1)));
        while self.sides.iter().any(|side| side.outcome.is_none()) {
            self.step(0);
            self.step(1);
        }
        let outcomes = self.sides.each_ref().map(|side| side.outcome.clone().expect("an outcome"));
        let too_new = self.case.older.is_some() && outcomes[1].kind == "too-new";
        assert!(outcomes[0].well && (outcomes[1].well || too_new), "{}: {outcomes:?}", self.what);
        let mut names: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.names).collect();
        names.sort();
        assert_eq!(names, self.case.scene.pending(), "{}: who applied what, {outcomes:?}", self.what);
        self.case.scene.assert_current(&self.db.path(), &self.what);
        self.case.scene.assert_backups(&self.db, &self.what);
        self.course
    }

    fn step(&mut self, who: usize) {
        let holds = |side: &Side<'_>| side.outcome.is_none() && ["decide", "apply", "commit"].contains(&&*side.at);
        let is_locked = holds(&self.sides[1 - who]);
        let side = &mut self.sides[who];
        if side.outcome.is_some() || (side.waits && is_locked && self.silence.is_none()) {
            return;
        }
        if !side.waits {
            side.starter.go();
        }
        loop {
            let said = match self.silence {
                None => side.starter.hear(),
                Some(silence) => side.starter.hear_within(silence).unwrap_or(Said::Waiting),
            };
            match said {
                Said::At(point) => (side.at, side.waits) = (point, false),
                Said::Waiting if is_locked || self.silence.is_some() => side.waits = true,
                // The lock was let go at this moment; what comes next is the point after it.
                Said::Waiting => continue,
                Said::Ended(outcome) => side.outcome = Some(outcome),
                Said::Gone => panic!("{}: a starter is gone", self.what),
            }
            break;
        }
        let now = if side.waits { "waits" } else { side.outcome.as_ref().map_or(&*side.at, |outcome| &*outcome.kind) };
        self.course += &format!("{} {now}, ", ["first", "second"][who]);
    }
}
