//! A quote is missing.

mod db {
    migrate::migrations!("unterminated_string");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
