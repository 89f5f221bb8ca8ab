//! A directive that does not exist.

mod db {
    migrate::migrations!("unknown_directive");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
