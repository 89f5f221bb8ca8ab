//! A column that is NOT NULL and has no default.

mod db {
    migrate::migrations!("data_not_null");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
