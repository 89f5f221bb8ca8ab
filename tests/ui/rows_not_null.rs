//! NOT NULL by a rebuild, over a NULL.

#![deny(warnings)]

mod db {
    migrate::migrations!("rows_not_null");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
