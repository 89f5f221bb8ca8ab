//! The END of a trigger is missing.

mod db {
    migrate::migrations!("unterminated_trigger");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
