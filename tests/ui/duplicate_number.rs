//! Two branches took the same number.

mod db {
    migrate::migrations!("duplicate_number");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
