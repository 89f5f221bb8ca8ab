//! A unique index on what may have duplicates.

#![deny(warnings)]

mod db {
    migrate::migrations!("rows_unique");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
