//! STRICT by a rebuild, over values of another type.

#![deny(warnings)]

mod db {
    migrate::migrations!("rows_strict");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
