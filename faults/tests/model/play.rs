//! Playing a story, and comparing what is left with what plain SQLite makes of it.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use faults::{Course, Disk, Fault, Place, Random, Survival, dump_all};
use migrate_core::rusqlite::{self, Connection};
use migrate_core::{AnyVersion, BackupPolicy, Migrations, Migrator};

use crate::story::{Start, Story, fault};

/// Whether the fault struck.
pub(crate) fn play(seed: u64) -> Result<bool, String> {
    let random = &mut Random::new(seed);
    let story = Story::of(random);
    let migrations = load(&story).map_err(|error| format!("the proof refuses it: {error}\n{story:#?}"))?;
    let stage = Stage { story: &story, migrations: &migrations };
    stage.play(random).map_err(|what| format!("{what}\n{}", stage.programme()))
}

fn load(story: &Story) -> Result<Migrations<AnyVersion>, String> {
    let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
    let base = match &story.start {
        Start::Legacy { base, .. } => vec![("base.sql", base.as_str())],
        _ => Vec::new(),
    };
    let texts = story.texts.iter().map(|text| (text.name.as_str(), text.sql.as_str()));
    for (name, sql) in texts.chain(base) {
        std::fs::write(dir.path().join(name), sql).map_err(|error| error.to_string())?;
    }
    Ok(migrate_check::load(dir.path()).map_err(|error| error.to_string())?.migrations)
}

struct Stage<'a> {
    story: &'a Story,
    migrations: &'a Migrations<AnyVersion>,
}

impl Stage<'_> {
    fn play(&self, random: &mut Random) -> Result<bool, String> {
        let image = self.image().map_err(|error| format!("the start: {error}"))?;
        let course = self.course(&image).map_err(|error| format!("plain SQLite: {error}"))?;
        // Without a fault.
        let disk = image.fork();
        disk.arm(Fault::Never);
        self.start_all(&disk)
            .into_iter()
            .try_for_each(|ran| ran.map_err(|error| format!("without a fault: {error}")))?;
        let count = disk.count();
        self.is_finished(&course, &disk.fork())?;
        // With one.
        let disk = image.fork();
        let fault = fault(random, count);
        disk.arm(fault);
        let ran = self.start_all(&disk);
        let met = disk.met();
        let cut = matches!(fault, Fault::PowerCut { .. });
        let survival = if cut { self.story.survival(random) } else { Survival::Everything };
        let found = disk.reboot(survival);
        let told = |what: String| {
            let ran: Vec<&str> = ran.iter().map(|ran| ran.as_ref().map_or_else(String::as_str, |()| "Ok")).collect();
            format!("{what}\n{fault:?} struck {met:?}; {survival:?}\n{}", ran.join("\n"))
        };
        if met.is_none() {
            ran.iter().cloned().collect::<Result<(), String>>()?;
        }
        let place = self.find(&course, &found.fork()).map_err(told)?;
        let legal = match place {
            Place::Old => true,
            Place::At(position) => self.story.commits(self.is_fresh()).contains(&position),
            Place::Started(index) => self.story.texts[index].outside,
        };
        if !legal {
            return Err(told(format!("it stopped at {place:?}, between two commits")));
        }
        let reliable = !cut || self.story.synchronous == "FULL";
        if reliable && ran.iter().any(Result::is_ok) && place != self.end() {
            return Err(told(format!("one that started returned Ok, and it is {place:?}")));
        }
        let mut next = self.open(&found).map_err(|error| told(error.to_string()))?;
        self.start(&mut next).map_err(|error| told(format!("the next start failed: {error}")))?;
        drop(next);
        self.is_finished(&course, &found).map_err(told)?;
        Ok(met.is_some())
    }

    fn end(&self) -> Place {
        Place::At(self.story.texts.len())
    }

    fn is_fresh(&self) -> bool {
        match &self.story.start {
            Start::Fresh => true,
            Start::Legacy { rows, .. } => rows.is_empty(),
            _ => false,
        }
    }

    fn open(&self, disk: &Disk) -> rusqlite::Result<Connection> {
        let conn = disk.open()?;
        let Story { synchronous, foreign_keys, journal, .. } = self.story;
        conn.busy_timeout(Duration::from_secs(10))?;
        conn.execute_batch(&format!(
            "PRAGMA cache_size = 5; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = {foreign_keys}"
        ))?;
        conn.query_row(&format!("PRAGMA journal_mode = {journal}"), [], |_| Ok(()))?;
        Ok(conn)
    }

    /// The database before the story begins.
    fn image(&self) -> rusqlite::Result<Arc<Disk>> {
        let disk = Disk::new();
        let mut conn = self.open(&disk)?;
        let plain = |conn: &Connection, sql: &str| conn.execute_batch(&format!("PRAGMA foreign_keys = OFF; {sql}"));
        match &self.story.start {
            Start::Fresh => {}
            Start::Legacy { rows, .. } if rows.is_empty() => {}
            Start::Legacy { base, rows } => plain(&conn, &format!("{base}{rows}"))?,
            Start::Unrecorded(at, rows) => {
                self.story.texts[..*at].iter().try_for_each(|text| plain(&conn, &text.sql))?;
                plain(&conn, rows)?;
            }
            Start::History(at, rows) => {
                let migrator = Migrator::new(self.migrations).target(AnyVersion(at - 1));
                migrator.run(&mut conn).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                plain(&conn, rows)?;
            }
        }
        drop(conn);
        Ok(disk.fork())
    }

    fn course(&self, image: &Disk) -> rusqlite::Result<Course> {
        let (conn, story) = (Connection::open_in_memory()?, self.story);
        conn.execute_batch("PRAGMA foreign_keys = OFF")?;
        match &story.start {
            Start::Fresh => {}
            Start::Legacy { base, rows } => conn.execute_batch(&format!("{base}{rows}"))?,
            Start::History(at, rows) | Start::Unrecorded(at, rows) => {
                for text in &story.texts[..*at] {
                    conn.pragma_update(None, "foreign_keys", text.foreign_keys)?;
                    conn.execute_batch(&text.sql)?;
                }
                conn.pragma_update(None, "foreign_keys", false)?;
                conn.execute_batch(rows)?;
            }
        }
        Course::of(&conn, dump_all(&image.fork().open()?)?, story.from(), &story.texts)
    }

    /// All that start at once, each on a thread and a connection of its own.
    fn start_all(&self, disk: &Disk) -> Vec<Result<(), String>> {
        let one = || self.start(&mut self.open(disk).map_err(|error| format!("it cannot be opened: {error}"))?);
        if self.story.starters == 1 {
            return vec![one()];
        }
        thread::scope(|scope| {
            let starts: Vec<_> = (0..self.story.starters).map(|_| scope.spawn(one)).collect();
            starts.into_iter().map(|start| start.join().expect("a run does not panic")).collect()
        })
    }

    fn start(&self, conn: &mut Connection) -> Result<(), String> {
        let migrator = Migrator::new(self.migrations).atomicity(self.story.atomicity).backup(BackupPolicy::Never);
        migrator.lock_timeout(Duration::from_secs(10)).run(conn).map(drop).map_err(|error| error.to_string())
    }

    fn find(&self, course: &Course, disk: &Disk) -> Result<Place, String> {
        let conn = disk.open().map_err(|error| format!("open: {error}"))?;
        course.find(&conn)
    }

    fn is_finished(&self, course: &Course, disk: &Disk) -> Result<(), String> {
        let place = self.find(course, disk)?;
        if place == self.end() { Ok(()) } else { Err(format!("it is {place:?}, and not at the end")) }
    }

    /// What was played, for a failure.
    fn programme(&self) -> String {
        let texts = self.story.texts.iter().map(|text| format!("-- {}\n{}", text.name, text.sql));
        let Story { start, atomicity, journal, synchronous, starters, foreign_keys, .. } = self.story;
        let setting =
            format!("{atomicity:?} {journal} {synchronous} starters: {starters} foreign_keys: {foreign_keys}");
        format!("{setting}\n{start:?}\n{}", texts.collect::<String>())
    }
}
