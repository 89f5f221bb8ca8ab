//! A column whose default breaks its CHECK.

mod db {
    migrate::migrations!("data_check");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
