//! A column that refers to a table and has a default, with foreign keys on.

mod db {
    migrate::migrations!("data_references");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
