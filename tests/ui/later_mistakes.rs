//! Mistakes in three files: each is said, and what only follows from the first is not.

mod db {
    migrate::migrations!("later_mistakes");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
