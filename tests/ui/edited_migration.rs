//! A migration that was edited after its release, and one that fails: both are said.

mod db {
    migrate::migrations!("edited_migration");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
