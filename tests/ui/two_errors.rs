//! An error in one file hides none in another, nor in the application.

mod db {
    migrate::migrations! {
        "two_errors",
        markers = [table notse],
        after = { "004_links" => crate::step },
    }
}

fn step(_: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> {
    Ok(())
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
