//! A database in memory for a test that needs several connections.

use std::sync::Barrier;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use memory_tests::db::{self, Version};
use migrate::Outcome;
use migrate::rusqlite::Connection;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A name for each test: those of one process share their memory by it.
fn name() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// Both ways to one database for several connections. It lasts as long as one of them is open.
fn uris() -> [String; 2] {
    [format!("file:/test-{}?vfs=memdb", name()), format!("file:test-{}?mode=memory&cache=shared", name())]
}

#[test]
fn what_one_connection_migrates_the_others_see() -> Result {
    for uri in uris() {
        let mut first = Connection::open(&uri)?;
        assert_eq!(db::MIGRATIONS.run(&mut first)?.outcome(), Outcome::Fresh, "{uri}");
        let mut second = Connection::open(&uri)?;
        assert!(db::is_schema_current(&second)?, "{uri}");
        assert_eq!(db::MIGRATIONS.run(&mut second)?.outcome(), Outcome::Current, "{uri}");
        drop((first, second));
        let mut later = Connection::open(&uri)?;
        assert_eq!(db::MIGRATIONS.run(&mut later)?.outcome(), Outcome::Fresh, "it was gone: {uri}");
    }
    Ok(())
}

#[test]
fn an_upgrade_too() -> Result {
    for uri in uris() {
        let mut first = Connection::open(&uri)?;
        db::migrator().target(Version::AddNotes).run(&mut first)?;
        first.execute_batch("INSERT INTO customers (name) VALUES ('Ada')")?;
        let mut second = Connection::open(&uri)?;
        let report = db::MIGRATIONS.run(&mut second)?;
        assert_eq!(report.applied().count(), 7, "{uri}");
        assert_eq!(report.backup(), None, "{uri}");
        assert!(db::is_schema_current(&first)?, "{uri}");
        let name: String = first.query_row("SELECT name FROM customers", [], |row| row.get(0))?;
        assert_eq!(name, "Ada");
    }
    Ok(())
}

/// Runs on four connections to one database at once.
fn four_at_once(uri: &str) -> Vec<std::result::Result<Outcome, migrate::Error>> {
    let together = Barrier::new(4);
    let run = || {
        let mut conn = Connection::open(uri).map_err(|error| panic!("{error}"))?;
        together.wait();
        Ok(db::MIGRATIONS.run(&mut conn)?.outcome())
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    })
}

#[test]
fn with_memdb_several_may_start_at_once_as_with_a_file() -> Result {
    for _ in 0..20 {
        let [uri, _] = uris();
        let _lasting = Connection::open(&uri)?;
        let outcomes = four_at_once(&uri).into_iter().collect::<std::result::Result<Vec<_>, _>>()?;
        let count = |outcome| outcomes.iter().filter(|found| **found == outcome).count();
        assert_eq!((count(Outcome::Fresh), count(Outcome::Current)), (1, 3));
    }
    Ok(())
}

/// A shared cache has locks of its own, on tables, and for those nobody waits: who loses gets an error, and nothing is changed.
#[test]
fn with_a_shared_cache_one_has_to_be_first() -> Result {
    for _ in 0..20 {
        let [_, uri] = uris();
        let mut later = Connection::open(&uri)?;
        let outcomes = four_at_once(&uri);
        let fresh = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Outcome::Fresh))).count();
        assert!(fresh <= 1, "{outcomes:?}");
        for outcome in outcomes {
            match outcome {
                Ok(outcome) => assert!(outcome == Outcome::Fresh || outcome == Outcome::Current),
                Err(error) => assert!(error.to_string().contains("nothing was changed"), "{error}"),
            }
        }
        db::MIGRATIONS.run(&mut later)?;
        assert!(db::is_schema_current(&later)?);
    }
    Ok(())
}
