//! Some files have a number, others none.

mod db {
    migrate::migrations!("mixed_names");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
