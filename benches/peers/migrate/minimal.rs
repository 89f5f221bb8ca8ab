mod db {
    migrate::migrations!("migrations");
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ":memory:".into());
    let mut conn = migrate::rusqlite::Connection::open(path)?;
    db::MIGRATIONS.run(&mut conn)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    println!("{tables}");
    Ok(())
}
