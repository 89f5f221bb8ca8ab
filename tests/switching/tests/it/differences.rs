//! What the tools do otherwise, as the pages say of them.

use std::fs;

use switching::sqlx::runtime;
use switching::{COUNT, PEERS, Peer, lines};

use crate::Result;
use crate::files::{File, everything, rows};

fn peer(name: &str) -> &'static Peer {
    PEERS.iter().find(|peer| peer.name == name).expect("a peer")
}

/// The same rebuild, by a tool that leaves foreign keys on: the children are gone, and nothing says so. That is why the other
/// tests count rows after the tool has run.
#[test]
fn a_rebuild_by_the_tool_loses_children() -> Result {
    for peer in PEERS {
        let books = |file: &File| lines(&file.connect()?, "SELECT count(*) FROM book");
        let (theirs, ours) = (File::at(peer, 3)?, File::at(peer, 3)?);
        (peer.bring)(&theirs.path, 4)?;
        peer.list.run(&mut ours.connect()?)?;
        let in_go = ["goose", "dbmate", "golang-migrate"].contains(&peer.name);
        let left = if in_go { "\nInteger(6)" } else { "\nInteger(0)" };
        assert_eq!((books(&theirs)?.as_str(), books(&ours)?.as_str()), (left, "\nInteger(6)"), "{}", peer.name);
    }
    Ok(())
}

/// A file that the tool had brought to the end, and that was taken over there, is nothing new to the old build.
#[test]
fn an_old_build_goes_on_where_nothing_was_applied() -> Result {
    for peer in PEERS {
        let file = File::at(peer, COUNT)?;
        peer.list.run(&mut file.connect()?)?;
        let before = everything(&file.connect()?)?;
        (peer.bring)(&file.path, COUNT)?;
        assert_eq!(everything(&file.connect()?)?, before, "{}", peer.name);
    }
    Ok(())
}

/// Where something was, the old build would apply it again; SeaORM does so without a transaction.
#[test]
fn an_old_build_fails_where_something_was_applied() -> Result {
    for peer in PEERS {
        let file = File::at(peer, 3)?;
        peer.list.run(&mut file.connect()?)?;
        let before = rows(&file.connect()?)?;
        assert!((peer.bring)(&file.path, COUNT).is_err(), "{}", peer.name);
        if peer.name == "seaorm" {
            assert_eq!(lines(&file.connect()?, "SELECT count(*) FROM book")?, "\nInteger(0)");
            assert!(!migrate::table_exists(&file.connect()?, "author")?);
        } else {
            assert_eq!(rows(&file.connect()?)?, before, "{}", peer.name);
        }
    }
    Ok(())
}

#[test]
fn an_old_build_goes_on_once_its_table_has_caught_up() -> Result {
    for peer in PEERS {
        let file = File::at(peer, 3)?;
        peer.list.run(&mut file.connect()?)?;
        (peer.catch_up)(&file.path)?;
        let before = everything(&file.connect()?)?;
        (peer.bring)(&file.path, COUNT)?;
        assert_eq!(everything(&file.connect()?)?, before, "{}", peer.name);
        assert!(peer.list.run(&mut file.connect()?)?.shown.starts_with("current"), "{}", peer.name);
    }
    Ok(())
}

/// A comment is an edit to refinery and to sqlx, so a file that got one is no longer theirs.
#[test]
fn a_comment_is_an_edit() -> Result {
    let file = File::at(peer("refinery"), 1)?;
    let sql = include_str!("../../migrations/refinery/V1__create_library.sql");
    let edited = refinery::Migration::unapplied("V1__create_library", &format!("-- a comment\n{sql}"))?;
    let error = refinery::Runner::new(&[edited]).run(&mut file.connect()?).unwrap_err().to_string();
    assert!(error.contains("V1__create_library is different than filesystem one"), "{error}");

    let file = File::at(peer("sqlx"), 1)?;
    let dir = tempfile::tempdir()?;
    let name = "20240101120000_create_library.sql";
    let sql = fs::read_to_string(format!("{}/migrations/sqlx/{name}", env!("CARGO_MANIFEST_DIR")))?;
    fs::write(dir.path().join(name), format!("-- a comment\n{sql}"))?;
    let result = runtime()?.block_on(async {
        let pool = sqlx::SqlitePool::connect(&format!("sqlite://{}", file.path.display())).await?;
        sqlx::migrate::Migrator::new(dir.path()).await?.run(&pool).await
    });
    let error = result.unwrap_err().to_string();
    assert!(error.contains("20240101120000 was previously applied but has been modified"), "{error}");
    Ok(())
}
