//! An option that is given twice.

mod db {
    migrate::migrations! {
        "option_twice",
        markers = [table notes],
        markers = [column notes.body],
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
