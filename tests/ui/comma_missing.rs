//! A comma is missing between markers.

mod db {
    migrate::migrations! {
        "comma_missing",
        markers = [table notes column notes.body],
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
