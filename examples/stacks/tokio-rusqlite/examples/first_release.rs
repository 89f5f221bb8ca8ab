//! `first_release FILE`: a file as the first release left it, to see what becomes of it.

use migrate::rusqlite::Connection;
use tokio_rusqlite_app::db::{self, Version};

fn main() -> eyre::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| eyre::eyre!("usage: first_release FILE"))?;
    let mut conn = Connection::open(path)?;
    db::migrator().target(Version::CreateReadings).run(&mut conn)?;
    conn.execute_batch("INSERT INTO readings (celsius) VALUES (18.5), (19.5)")?;
    Ok(())
}
