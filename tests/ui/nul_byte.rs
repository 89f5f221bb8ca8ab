//! SQLite would stop reading at the NUL.

mod db {
    migrate::migrations!("nul_byte");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
