//! schema.sql and the migrations make different schemas.

mod db {
    migrate::migrations!("schema_differs");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
