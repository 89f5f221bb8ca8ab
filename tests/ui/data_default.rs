//! A column whose default is no constant.

mod db {
    migrate::migrations!("data_default");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
