//! A merge was not finished.

mod db {
    migrate::migrations!("conflict_marks");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
