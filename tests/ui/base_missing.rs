//! The first migration alters a table that only base.sql could have made.

mod db {
    migrate::migrations!("base_missing");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
