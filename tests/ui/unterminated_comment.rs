//! A comment that swallows the rest.

mod db {
    migrate::migrations!("unterminated_comment");
}

fn main() {
    println!("{} of {:?}", db::Version::LATEST, db::Version::ALL);
    let _ = &db::MIGRATIONS;
}
