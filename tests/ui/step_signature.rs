//! A function that is no Rust step.

mod db {
    migrate::migrations! {
        "step_signature",
        after = { "002_add_tags" => crate::step },
    }
}

fn step(_: &mut migrate::rusqlite::Connection) -> migrate::rusqlite::Result<u32> {
    Ok(1)
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
