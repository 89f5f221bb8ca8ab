//! A column is misspelt.

mod db {
    migrate::migrations!("unknown_column");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
