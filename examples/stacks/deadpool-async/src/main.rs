//! `deadpool-async FILE`: sets the file up, and writes tasks into it.

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let path = std::env::args_os().nth(1).ok_or("usage: deadpool-async FILE")?;
    let (pool, report) = deadpool_async::open(path.as_ref()).await?;
    println!("{report}");
    deadpool_async::add(&pool, "Water the plants".to_owned(), 0).await?;
    deadpool_async::add(&pool, "Put out the fire".to_owned(), 2).await?;
    println!("first of all: {}", deadpool_async::list(&pool).await?[0]);
    Ok(())
}
