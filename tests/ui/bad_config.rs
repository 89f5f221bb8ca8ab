//! migrate.toml with a key that does not exist, and a value of the wrong type.

mod db {
    migrate::migrations!("bad_config");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
