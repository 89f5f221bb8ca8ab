//! The pragma does nothing in a transaction.

mod db {
    migrate::migrations!("foreign_keys_pragma");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
