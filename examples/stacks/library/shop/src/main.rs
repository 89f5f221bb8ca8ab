//! `shop FILE`: takes an order, and shows what is to be sent, and who made which tables.

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let path = std::env::args_os().nth(1).ok_or("usage: shop FILE")?;
    let mut conn = shop::open(path.as_ref())?;
    shop::order(&mut conn, "tea", 2)?;
    println!("to send: {}", outbox::next(&conn)?.1);
    for history in ["schema_migrations", "outbox_migrations"] {
        let sql = format!("SELECT group_concat(migration_name, ', ' ORDER BY id) FROM {history}");
        let names: String = conn.query_row(&sql, [], |row| row.get(0))?;
        println!("{history}: {names}");
    }
    println!("the shop's: {}", shop::db::MIGRATIONS.status(&conn)?);
    Ok(())
}
