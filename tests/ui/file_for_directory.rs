//! A file is named, not a directory.

mod db {
    migrate::migrations!("file_for_directory/001_create_notes.sql");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
