//! Two Rust steps after one migration.

mod db {
    migrate::migrations! {
        "step_twice",
        after = { "002_add_tags" => crate::step, "002_add_tags.sql" => crate::step },
    }
}

fn step(_: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> {
    Ok(())
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
