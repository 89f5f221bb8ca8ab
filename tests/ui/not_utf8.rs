//! A file in Latin-1.

mod db {
    migrate::migrations!("not_utf8");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
