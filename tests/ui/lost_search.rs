//! A full-text index that is made again and not filled.

mod db {
    migrate::migrations!("lost_search");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
