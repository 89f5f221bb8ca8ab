//! `axum-service FILE ADDRESS`: notes over HTTP.

mod app;
mod health;

use std::path::Path;
use std::process::ExitCode;

use deadpool_sqlite::{Config, Pool, Runtime};
use tokio::net::TcpListener;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

mod db {
    migrate::migrations!("migrations");
}

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [file, address] = args.as_slice() else {
        eprintln!("usage: axum-service FILE ADDRESS");
        return ExitCode::from(2);
    };
    match serve(file.as_ref(), address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The order is the point: no address is taken before the schema is there, so nobody is ever served by a program that does not
/// fit its database, and a balancer goes on with the instances that it has.
async fn serve(file: &Path, address: &str) -> Result<(), BoxError> {
    let pool = open(file).await?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    Ok(axum::serve(listener, app::router(pool)).await?)
}

async fn open(file: &Path) -> Result<Pool, BoxError> {
    let pool = Config::new(file).create_pool(Runtime::Tokio1)?;
    let conn = pool.get().await?;
    // A panic of a Rust step is all that the first of the two errors can be, and that is not `Sync`: it is said in words.
    let run = conn.interact(|conn| db::MIGRATIONS.run(conn)).await.map_err(|error| error.to_string())?;
    println!("{}", run?);
    Ok(pool)
}
