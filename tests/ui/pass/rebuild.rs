//! The right rebuild, with children, an index and a trigger: not a word.

#![deny(warnings)]

mod db {
    migrate::migrations!("rebuild");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
