//! The table is there already.

mod db {
    migrate::migrations!("table_exists");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
