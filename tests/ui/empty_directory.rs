//! The directory holds no migration.

mod db {
    migrate::migrations!("empty_directory");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
