//! `tokio-rusqlite-app FILE`: sets the file up, and tells the mean of its readings.

use tokio::sync::mpsc::unbounded_channel;
use tokio_rusqlite_app::{Progress, mean, open};

#[tokio::main(flavor = "current_thread")]
async fn main() -> eyre::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| eyre::eyre!("usage: tokio-rusqlite-app FILE"))?;
    let (progress, mut told) = unbounded_channel::<Progress>();
    let tell = tokio::spawn(async move {
        while let Some(progress) = told.recv().await {
            println!("{} of {}: {}", progress.number, progress.total, progress.name);
        }
    });
    let (conn, report) = open(path.into(), progress).await?;
    tell.await?;
    println!("{report}");
    match mean(&conn).await? {
        Some(celsius) => println!("{celsius:.1} °C"),
        None => println!("no readings yet"),
    }
    Ok(())
}
