//! A Rust step that the directory does not speak of.

mod db {
    migrate::migrations! {
        "step_unlisted",
        after = { "002_add_tags" => crate::step },
    }
}

fn step(_: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> {
    Ok(())
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
