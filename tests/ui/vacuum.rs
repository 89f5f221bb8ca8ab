//! VACUUM cannot run in a transaction.

mod db {
    migrate::migrations!("vacuum");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
