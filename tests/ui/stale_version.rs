//! The migration was renamed, the code was not.

mod db {
    migrate::migrations!("stale_version");
}

fn main() {
    println!("{}", db::Version::AddTag);
}
