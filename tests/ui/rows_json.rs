//! JSON read from what may be none.

#![deny(warnings)]

mod db {
    migrate::migrations!("rows_json");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
