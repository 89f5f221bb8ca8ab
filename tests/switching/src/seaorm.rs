//! SeaORM 2: its migrations are Rust, so that they are written as SQL once, for the switch.

use std::path::Path;

use migrate::OtherTool;
use migrate::rusqlite::Connection;
use sea_orm_migration::MigratorTrait;
use sea_orm_migration::sea_orm::{Database, DatabaseConnection};

use crate::peer::execute;
use crate::sqlx::runtime;
use crate::{Peer, Result};

/// The application until now.
pub mod before {
    use super::*;

    pub async fn open(path: &str) -> Result<DatabaseConnection> {
        let db = Database::connect(format!("sqlite://{path}?mode=rwc")).await?;
        migration::Migrator::up(&db, None).await?;
        Ok(db)
    }
}

/// The application from now on.
pub mod after {
    use super::*;

    pub mod db {
        migrate::migrations!("migrations/seaorm");
    }

    pub async fn open(path: &str) -> Result<DatabaseConnection> {
        db::MIGRATIONS.run(&mut Connection::open(path)?)?;
        let db = Database::connect(format!("sqlite://{path}?mode=rwc")).await?;
        Ok(db)
    }
}

/// The migrations in Rust: two by the builder, the others by SQL, since there is no builder for what they do.
mod migration {
    use sea_orm_migration::prelude::*;

    pub(super) struct Migrator;

    impl MigratorTrait for Migrator {
        fn migrations() -> Vec<Box<dyn MigrationTrait>> {
            (0..crate::COUNT).map(|at| Box::new(Step(at)) as Box<dyn MigrationTrait>).collect()
        }
    }

    struct Step(usize);

    const STEPS: [(&str, &str); crate::COUNT] = [
        ("m20240101_000001_create_library", ""),
        ("m20240102_000001_add_year", ""),
        ("m20240103_000001_fill_year", include_str!("../migrations/seaorm/m20240103_000001_fill_year.sql")),
        ("m20240104_000001_rebuild_author", include_str!("../migrations/seaorm/m20240104_000001_rebuild_author.sql")),
        ("m20240105_000001_index_books", include_str!("../migrations/seaorm/m20240105_000001_index_books.sql")),
        ("m20240106_000001_add_shelf", include_str!("../migrations/seaorm/m20240106_000001_add_shelf.sql")),
    ];

    impl MigrationName for Step {
        fn name(&self) -> &str {
            STEPS[self.0].0
        }
    }

    #[async_trait::async_trait]
    impl MigrationTrait for Step {
        async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
            match self.0 {
                0 => create_library(manager).await,
                1 => {
                    let year = ColumnDef::new("year").integer().take();
                    manager.alter_table(Table::alter().table("book").add_column(year).take()).await
                }
                step => manager.get_connection().execute_unprepared(STEPS[step].1).await.map(drop),
            }
        }
    }

    async fn create_library(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let id = || ColumnDef::new("id").integer().not_null().auto_increment().primary_key().take();
        let text = |name: &'static str| ColumnDef::new(name).string().not_null().take();
        manager.create_table(Table::create().table("author").col(id()).col(text("name")).take()).await?;
        let book = Table::create()
            .table("book")
            .col(id())
            .col(ColumnDef::new("author").integer().not_null())
            .col(text("title"))
            .foreign_key(
                ForeignKey::create().from("book", "author").to("author", "id").on_delete(ForeignKeyAction::Cascade),
            )
            .take();
        manager.create_table(book).await
    }
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().ok_or_else(|| "a path that is no UTF-8".into())
}

fn bring(path: &Path, count: usize) -> Result<()> {
    runtime()?.block_on(async {
        let db = Database::connect(format!("sqlite://{}?mode=rwc", text(path)?)).await?;
        let at = migration::Migrator::get_applied_migrations(&db).await?.len();
        migration::Migrator::up(&db, Some(count.saturating_sub(at).try_into()?)).await?;
        db.close().await?;
        Ok(())
    })
}

fn open(path: &Path) -> Result<()> {
    runtime()?.block_on(async { Ok(after::open(text(path)?).await?.close().await?) })
}

pub static PEER: Peer = Peer {
    name: "seaorm",
    tool: OtherTool::SeaOrm,
    table: Some("seaql_migrations"),
    bring,
    catch_up: |path| {
        execute(
            path,
            "INSERT INTO seaql_migrations VALUES ('m20240104_000001_rebuild_author', 0), ('m20240105_000001_index_books', 0), ('m20240106_000001_add_shelf', 0)",
        )
    },
    unknown: "INSERT INTO seaql_migrations VALUES ('m20240107_000001_rate_books', 1704628800)",
    after: open,
    list: &after::db::MIGRATIONS,
};
