//! A stored generated column.

mod db {
    migrate::migrations!("data_stored");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
