//! Histories that are not to be believed.

use migrate::{Error, Evidence, Outcome};
use switching::{COUNT, PEERS, Peer};

use crate::Result;
use crate::files::{File, everything, rows, schema};

fn peer(name: &str) -> &'static Peer {
    PEERS.iter().find(|peer| peer.name == name).expect("a peer")
}

/// With a table; the others have a number that may be anybody's.
fn with_table() -> impl Iterator<Item = &'static Peer> {
    PEERS.into_iter().filter(|peer| peer.table.is_some())
}

/// Refused, and nothing at all is changed.
fn refused(peer: &Peer, file: &File) -> Result<String> {
    let before = everything(&file.connect()?)?;
    let (status, _) = peer.list.status(&file.connect()?)?;
    assert!(status.starts_with("a run would refuse this database"), "{}: {status}", peer.name);
    let error = match peer.list.run(&mut file.connect()?) {
        Ok(ran) => panic!("{}: {}", peer.name, ran.shown),
        Err(error) => error,
    };
    assert!(matches!(error, Error::Ambiguous(_)), "{}: {error}", peer.name);
    assert_eq!(everything(&file.connect()?)?, before, "{}: {error}", peer.name);
    Ok(error.to_string())
}

#[test]
fn one_that_failed_half_way() -> Result {
    for (name, sql, version) in [
        ("sqlx", "UPDATE _sqlx_migrations SET success = 0 WHERE version = 20240103120000", "20240103120000"),
        ("golang-migrate", "UPDATE schema_migrations SET dirty = 1", "3"),
    ] {
        let message = refused(peer(name), &File::with(peer(name), 3, sql)?)?;
        assert!(message.contains(&format!("but it says that migration {version} failed half-way")), "{message}");
    }
    Ok(())
}

#[test]
fn it_claims_more_than_there_is() -> Result {
    for peer in with_table() {
        let message = refused(peer, &File::with(peer, 5, "DROP INDEX book_author")?)?;
        assert!(message.contains("but the schema is not that of"), "{message}");
        assert!(message.contains("missing: index `book_author`"), "{message}");
    }
    Ok(())
}

#[test]
fn it_has_a_migration_that_the_list_has_not() -> Result {
    for peer in with_table() {
        let message = refused(peer, &File::with(peer, COUNT, peer.unknown)?)?;
        assert!(message.contains("no such version") || message.contains("not in this list"), "{message}");
    }
    Ok(())
}

/// Another branch's migration that leaves no mark, where the list has one of its own that leaves none: the numbers of
/// migrations are the same, and the schemas too.
#[test]
fn it_has_another_one_at_the_place_of_one_that_leaves_no_mark() -> Result {
    for peer in with_table().filter(|peer| peer.name != "golang-migrate") {
        let message = refused(peer, &File::with(peer, 2, peer.unknown)?)?;
        assert!(message.contains("not in this list"), "{message}");
    }
    Ok(())
}

#[test]
fn the_schema_was_edited() -> Result {
    let edit = "ALTER TABLE author ADD COLUMN died INTEGER";
    for peer in with_table() {
        let message = refused(peer, &File::with(peer, 4, edit)?)?;
        assert!(message.contains("table `author`: column `died` is too much"), "{message}");
    }
    // A number says less than a table, so nobody claims that the edit was made behind its back: the markers decide, and the report
    // says what differs.
    for peer in PEERS.into_iter().filter(|peer| peer.table.is_none()) {
        let ran = peer.list.run(&mut File::with(peer, 4, edit)?.connect()?)?;
        assert_eq!(ran.outcome, Outcome::Adopted(Evidence::Markers), "{}", ran.shown);
        assert!(ran.shown.ends_with("(the schema differs: different: table `author`)"), "{}", ran.shown);
    }
    Ok(())
}

#[test]
fn its_rows_are_gone() -> Result {
    for peer in with_table() {
        let file = File::with(peer, 4, &format!("DELETE FROM {}", peer.table.unwrap_or_default()))?;
        let message = refused(peer, &file)?;
        assert!(message.contains("is empty, but the database holds objects of these migrations"), "{message}");
        assert!(message.contains("nearest version") && message.contains("(no difference)"), "{message}");
        // What the message says can be done.
        let ran = peer.list.adopt_at(&mut file.connect()?, 4)?;
        assert_eq!((ran.outcome, ran.marked), (Outcome::Adopted(Evidence::Declared), 4), "{}", ran.shown);
        assert_eq!(peer.list.run(&mut file.connect()?)?.applied, 2);
    }
    Ok(())
}

#[test]
fn the_number_is_the_application_s_own() -> Result {
    for name in ["rusqlite_migration", "by-hand"] {
        let peer = peer(name);
        let fresh = File::new()?;
        (peer.after)(&fresh.path)?;
        // Negative, another version's, and one that no list has: the schema decides.
        for number in [-7, 0, 2, 6, 20_240_101] {
            let file = File::with(peer, 4, &format!("PRAGMA user_version = {number}"))?;
            let before = rows(&file.connect()?)?;
            let ran = peer.list.run(&mut file.connect()?)?;
            assert_eq!(ran.outcome, Outcome::Adopted(Evidence::Fingerprint), "{name}, {number}: {}", ran.shown);
            assert_eq!((ran.marked, ran.applied), (4, 2), "{name}, {number}: {}", ran.shown);
            assert_eq!(schema(&file.connect()?)?, schema(&fresh.connect()?)?);
            assert_eq!(rows(&file.connect()?)?, before);
            let kept = format!("user_version {number}");
            assert_eq!(peer.kept(&file.connect()?)?, kept);
        }
        // Where the schema is that of two versions, nobody can tell.
        let message = refused(peer, &File::with(peer, 3, "PRAGMA user_version = 77")?)?;
        assert!(message.contains("it cannot be told whether"), "{message}");
    }
    Ok(())
}

/// Beside a table, a number says nothing.
#[test]
fn a_number_beside_a_table() -> Result {
    for peer in with_table() {
        for number in [2, 6, 4711] {
            let file = File::with(peer, 3, &format!("PRAGMA user_version = {number}"))?;
            let kept = peer.kept(&file.connect()?)?;
            let ran = peer.list.run(&mut file.connect()?)?;
            assert_eq!(ran.outcome, Outcome::Adopted(Evidence::OtherHistory(peer.tool)), "{}", ran.shown);
            assert_eq!((ran.marked, ran.applied), (3, 3), "{}, {number}: {}", peer.name, ran.shown);
            assert_eq!(peer.kept(&file.connect()?)?, kept, "{}, {number}", peer.name);
        }
    }
    Ok(())
}

#[test]
fn the_table_of_dbmate_has_the_name_of_ours() -> Result {
    // As without `migrate.toml`: the list of another directory, whose history has the usual name.
    let list = &switching::by_hand::after::db::MIGRATIONS;
    for (name, columns) in [("dbmate", "`version`"), ("golang-migrate", "`version`, `dirty`")] {
        let file = File::at(peer(name), 4)?;
        let error = list.run(&mut file.connect()?).unwrap_err().to_string();
        let expected = format!("the table `schema_migrations` is the history of {name} (its columns are {columns})");
        assert!(error.starts_with(&expected), "{error}");
    }
    Ok(())
}
