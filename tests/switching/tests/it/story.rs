//! What the applications print, as the pages quote it.

use switching::{PEERS, Peer};

use crate::Result;
use crate::files::File;

/// Everything that a page about this tool may quote.
pub(crate) fn outputs(peer: &Peer) -> Result<Vec<String>> {
    let mut outputs = Vec::new();
    let mut tell = |file: &File| -> Result {
        outputs.push(peer.list.status(&file.connect()?)?.0);
        outputs.push(match peer.list.run(&mut file.connect()?) {
            Ok(ran) => ran.shown,
            Err(error) => error.to_string(),
        });
        Ok(())
    };
    let switched = File::at(peer, 3)?;
    tell(&switched)?;
    tell(&switched)?;
    tell(&File::with(peer, 4, "ALTER TABLE author ADD COLUMN died INTEGER")?)?;
    tell(&File::with(peer, 5, "DROP INDEX book_author")?)?;
    tell(&File::with(peer, 6, peer.unknown)?)?;
    tell(&File::with(peer, 2, peer.unknown)?)?;
    match peer.table {
        Some(table) => tell(&File::with(peer, 4, &format!("DELETE FROM {table}"))?)?,
        None => {
            tell(&File::with(peer, 4, "PRAGMA user_version = 20240101")?)?;
            tell(&File::with(peer, 3, "PRAGMA user_version = 77")?)?;
        }
    }
    match peer.name {
        "sqlx" => {
            tell(&File::with(peer, 3, "UPDATE _sqlx_migrations SET success = 0 WHERE version = 20240103120000")?)?
        }
        "golang-migrate" => tell(&File::with(peer, 3, "UPDATE schema_migrations SET dirty = 1")?)?,
        _ => {}
    }
    if ["dbmate", "golang-migrate"].contains(&peer.name) {
        let without = &switching::by_hand::after::db::MIGRATIONS;
        outputs.push(without.run(&mut File::at(peer, 3)?.connect()?).unwrap_err().to_string());
    }
    Ok(outputs)
}

/// Without what differs from run to run: `12.3` of `12.3 ms`, and every date, clock and stamp.
pub(crate) fn without_times(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let next_is = |at: usize, what: &str| words.get(at + 1).is_some_and(|next| next.starts_with(what));
    let word = |(at, word): (usize, &&str)| match word.parse::<f64>() {
        Ok(_) if next_is(at, "ms") => "N".to_owned(),
        _ => without_stamp(word),
    };
    words.iter().enumerate().map(word).collect::<Vec<_>>().join(" ")
}

/// `20261123T062729Z` of a backup's name.
fn without_stamp(word: &str) -> String {
    let is_stamp = |part: &str| part.len() == 16 && part.ends_with('Z') && part.as_bytes()[8] == b'T';
    word.split('.').map(|part| if is_stamp(part) { "TIME" } else { part }).collect::<Vec<_>>().join(".")
}

/// For those who write a page: `cargo test -- --ignored --nocapture what_is_printed`.
#[test]
#[ignore = "prints what the pages quote"]
fn what_is_printed() -> Result {
    for peer in PEERS {
        for output in outputs(peer)? {
            println!("######## {}\n{output}\n", peer.name);
        }
    }
    Ok(())
}
