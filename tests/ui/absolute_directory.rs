//! A path that only this machine has.

mod db {
    migrate::migrations!("/home/ada/notes/migrations");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
