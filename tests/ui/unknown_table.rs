//! A table is misspelt.

mod db {
    migrate::migrations!("unknown_table");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
