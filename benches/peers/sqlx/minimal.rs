use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, SqliteConnection};

async fn run(path: &str) -> Result<(), Box<dyn std::error::Error>> {
    let mut conn: SqliteConnection =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await?;
    sqlx::migrate!("./migrations").run(&mut conn).await?;
    let tables: i64 = sqlx::query_scalar("SELECT count(*) FROM sqlite_master").fetch_one(&mut conn).await?;
    println!("{tables}");
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| ":memory:".into());
    tokio::runtime::Builder::new_current_thread().build()?.block_on(run(&path))
}
