//! The history is written by the runtime alone.

mod db {
    migrate::migrations!("history_table");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
