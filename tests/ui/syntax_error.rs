//! A comma is missing.

mod db {
    migrate::migrations!("syntax_error");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
