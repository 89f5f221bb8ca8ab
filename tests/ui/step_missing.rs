//! A Rust step that is not there.

mod db {
    migrate::migrations! {
        "step_missing",
        after = { "002_add_tags" => crate::backfill::split },
    }
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
