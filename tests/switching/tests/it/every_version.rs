//! Every tool, every version.

use migrate::{Error, Evidence, Outcome};
use switching::{COUNT, PEERS, Peer, lines};

use crate::Result;
use crate::files::{File, everything, rows, schema, write};

#[test]
fn is_taken_over_and_ends_as_a_fresh_one() -> Result {
    for peer in PEERS {
        let fresh = File::new()?;
        (peer.after)(&fresh.path)?;
        let fresh = schema(&fresh.connect()?)?;
        for version in 1..=COUNT {
            taken_over(peer, version, &fresh).map_err(|error| format!("{} at {version}: {error}", peer.name))?;
        }
    }
    Ok(())
}

fn taken_over(peer: &Peer, version: usize, fresh: &str) -> Result {
    let at = format!("{} at {version}", peer.name);
    let file = File::at(peer, version)?;
    let mut conn = file.connect()?;
    let (kept, before) = (peer.kept(&conn)?, rows(&conn)?);
    assert!(before.contains(&format!("O'Brien {version}")), "{at}: {before}");
    let ran = peer.list.run(&mut conn)?;
    assert_eq!(ran.outcome, Outcome::Adopted(Evidence::OtherHistory(peer.tool)), "{at}: {}", ran.shown);
    assert_eq!((ran.marked, ran.applied), (version, COUNT - version), "{at}: {}", ran.shown);
    assert_eq!(peer.kept(&conn)?, kept, "{at}: what the tool keeps");
    assert_eq!(rows(&conn)?, before, "{at}: the rows");
    if version <= 2 {
        assert_eq!(lines(&conn, "SELECT count(*) FROM book WHERE year IS NULL")?, "\nInteger(0)", "{at}: the fill ran");
    }
    assert_eq!(schema(&conn)?, fresh, "{at}: the schema");
    assert!(peer.list.is_current(&conn)?, "{at}");
    assert_eq!(lines(&conn, "PRAGMA integrity_check")? + &lines(&conn, "PRAGMA foreign_key_check")?, "\nText(\"ok\")");
    let (status, differs) = peer.list.status(&conn)?;
    assert!(!differs && !status.contains("pending"), "{at}: {status}");
    // It can be written to as before, also by the tool's own application.
    write(&conn, COUNT + 1)?;
    drop(conn);
    (peer.after)(&file.path)?;
    assert_eq!(peer.list.run(&mut file.connect()?)?.outcome, Outcome::Current, "{at}");
    Ok(())
}

/// Where the tool has made its table and no more, the database is as good as empty.
#[test]
fn a_history_of_nothing() -> Result {
    for peer in PEERS {
        let file = File::at(peer, 0)?;
        let kept = peer.kept(&file.connect()?)?;
        let ran = peer.list.run(&mut file.connect()?)?;
        assert_eq!(ran.outcome, Outcome::Fresh, "{}: {}", peer.name, ran.shown);
        assert_eq!(peer.kept(&file.connect()?)?, kept, "{}", peer.name);
        assert_eq!(peer.list.run(&mut file.connect()?)?.outcome, Outcome::Current, "{}", peer.name);
    }
    Ok(())
}

/// What is recorded as adopted and what is applied are one transaction.
#[test]
fn a_later_migration_fails() -> Result {
    for peer in PEERS {
        // The third migration updates books.
        let closed = "CREATE TRIGGER closed BEFORE UPDATE ON book BEGIN SELECT RAISE(ABORT, 'closed'); END";
        let file = File::with(peer, 2, closed)?;
        let before = everything(&file.connect()?)?;
        let error = peer.list.run(&mut file.connect()?).unwrap_err();
        assert!(matches!(error, Error::Statement(_)), "{}: {error}", peer.name);
        assert!(error.to_string().contains("closed"), "{}: {error}", peer.name);
        assert_eq!(everything(&file.connect()?)?, before, "{}: {error}", peer.name);
        file.connect()?.execute_batch("DROP TRIGGER closed")?;
        assert_eq!(peer.list.run(&mut file.connect()?)?.marked, 2, "{}", peer.name);
    }
    Ok(())
}
