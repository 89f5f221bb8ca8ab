//! There is no such directory.

mod db {
    migrate::migrations!("database/migrations");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
