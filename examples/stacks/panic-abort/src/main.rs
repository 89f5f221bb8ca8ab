//! `aborting FILE`: migrates, and says how many articles there are.

use migrate::rusqlite::Connection;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args_os().nth(1).ok_or("usage: aborting FILE")?;
    let mut conn = Connection::open(path)?;
    println!("{}", aborting::db::MIGRATIONS.run(&mut conn)?);
    let articles: i64 = conn.query_row("SELECT count(*) FROM articles", [], |row| row.get(0))?;
    println!("{articles} articles");
    Ok(())
}
