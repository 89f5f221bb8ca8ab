//! `release first|next`: the user's file as the first release left it, or as the next one will, to see what becomes of it.

use migrate::rusqlite::Connection;

mod next_release {
    migrate::migrations!("examples/next-release");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = desktop::file().ok_or("there is no home directory")?;
    std::fs::create_dir_all(path.parent().ok_or("it is in a folder")?)?;
    let mut conn = Connection::open(path)?;
    match std::env::args().nth(1).as_deref() {
        Some("first") => {
            desktop::db::migrator().target(desktop::db::Version::CreateEntries).run(&mut conn)?;
            conn.execute("INSERT INTO entries (day, body) VALUES ('2026-11-22', 'Rain')", [])?;
        }
        Some("next") => drop(next_release::MIGRATIONS.run(&mut conn)?),
        _ => return Err("usage: release first|next".into()),
    }
    Ok(())
}
