//! A Rust step whose error cannot be passed on.

mod db {
    migrate::migrations! {
        "step_error",
        after = { "002_add_tags" => crate::step },
    }
}

fn step(_: &migrate::rusqlite::Connection) -> Result<(), Box<dyn std::error::Error>> {
    Ok(())
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
