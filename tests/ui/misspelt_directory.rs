//! The directory has another name.

mod db {
    migrate::migrations!("misspelt_directory/migratons");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
