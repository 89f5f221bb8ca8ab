//! sqlx 0.9.

use std::path::Path;

use ::sqlx::migrate::Migrator;
use ::sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use migrate::OtherTool;
use migrate::rusqlite::Connection;
use tokio::runtime::{Builder, Runtime};

use crate::{Peer, Result};

/// The application until now.
pub mod before {
    use super::*;

    pub async fn open(options: SqliteConnectOptions) -> Result<SqlitePool> {
        let pool = SqlitePool::connect_with(options).await?;
        sqlx::migrate!("migrations/sqlx").run(&pool).await?;
        Ok(pool)
    }
}

/// Before the old build gets a file back.
pub async fn catch_up(pool: &SqlitePool) -> Result<()> {
    ::sqlx::migrate!("migrations/sqlx").skip(pool, None).await?;
    Ok(())
}

/// The application from now on.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/sqlx");
    }

    pub async fn open(options: SqliteConnectOptions) -> Result<SqlitePool> {
        db::MIGRATIONS.run(&mut Connection::open(options.get_filename())?)?;
        let pool = SqlitePool::connect_with(options).await?;
        Ok(pool)
    }
}

static MIGRATOR: Migrator = ::sqlx::migrate!("migrations/sqlx");

/// A runtime for one thread.
pub fn runtime() -> Result<Runtime> {
    Ok(Builder::new_current_thread().enable_all().build()?)
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(path).create_if_missing(true)
}

fn bring(path: &Path, count: usize) -> Result<()> {
    runtime()?.block_on(async {
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options(path)).await?;
        // Below the first version, it makes its table only.
        let version = count.checked_sub(1).map_or(0, |at| MIGRATOR.migrations[at].version);
        MIGRATOR.run_to(version, &pool).await?;
        pool.close().await;
        Ok(())
    })
}

fn open(path: &Path) -> Result<()> {
    runtime()?.block_on(async {
        after::open(options(path)).await?.close().await;
        Ok(())
    })
}

pub static PEER: Peer = Peer {
    name: "sqlx",
    tool: OtherTool::Sqlx,
    table: Some("_sqlx_migrations"),
    bring,
    catch_up: |path| {
        runtime()?.block_on(async {
            let pool = SqlitePool::connect_with(options(path)).await?;
            catch_up(&pool).await?;
            pool.close().await;
            Ok(())
        })
    },
    unknown: "INSERT INTO _sqlx_migrations VALUES (20240107120000, 'rate books', CURRENT_TIMESTAMP, TRUE, x'07', 1)",
    after: open,
    list: &after::db::MIGRATIONS,
};
