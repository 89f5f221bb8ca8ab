//! A Rust step after a migration that does not exist.

mod db {
    migrate::migrations! {
        "unknown_step",
        after = { "002_add_tag" => crate::step },
    }
}

fn step(_: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> {
    Ok(())
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
