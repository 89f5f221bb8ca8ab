use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

#[derive(QueryableByName)]
struct Tables {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ":memory:".into());
    let mut conn = SqliteConnection::establish(&path)?;
    conn.run_pending_migrations(MIGRATIONS)?;
    let sql = "SELECT count(*) AS count FROM sqlite_master";
    println!("{}", diesel::sql_query(sql).get_result::<Tables>(&mut conn)?.count);
    Ok(())
}
