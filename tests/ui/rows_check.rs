//! A CHECK by a rebuild, over values that break it.

#![deny(warnings)]

mod db {
    migrate::migrations!("rows_check");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
