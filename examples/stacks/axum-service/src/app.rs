//! What is served.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use deadpool_sqlite::Pool;
use deadpool_sqlite::rusqlite::{self, Connection};
use serde_json::{Value, json};

use crate::health::Health;

type Answer = (StatusCode, Json<Value>);

/// The routes, on a database that is migrated already.
pub(crate) fn router(pool: Pool) -> Router {
    Router::new().route("/health", get(health)).route("/notes", post(add)).route("/notes", get(count)).with_state(pool)
}

async fn health(State(pool): State<Pool>) -> Answer {
    match on(&pool, |conn| Health::of(conn)).await {
        Ok(health) if health.is_well() => (StatusCode::OK, Json(health.to_json())),
        Ok(health) => (StatusCode::SERVICE_UNAVAILABLE, Json(health.to_json())),
        Err(answer) => answer,
    }
}

async fn add(State(pool): State<Pool>, body: String) -> Answer {
    let add = move |conn: &mut Connection| conn.execute("INSERT INTO notes (body) VALUES (?1)", [body]);
    match on(&pool, add).await {
        Ok(_) => (StatusCode::CREATED, Json(json!({}))),
        Err(answer) => answer,
    }
}

async fn count(State(pool): State<Pool>) -> Answer {
    let count = |conn: &mut Connection| -> rusqlite::Result<u32> {
        conn.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))
    };
    match on(&pool, count).await {
        Ok(notes) => (StatusCode::OK, Json(json!({ "notes": notes }))),
        Err(answer) => answer,
    }
}

/// Does something on a connection of the pool, off the runtime. What goes wrong is said in full to the log, and to nobody else.
async fn on<T, E>(pool: &Pool, act: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static) -> Result<T, Answer>
where
    T: Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let failed = |error: &dyn std::fmt::Display| {
        eprintln!("error: {error}");
        (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "error": "see the log" })))
    };
    let conn = pool.get().await.map_err(|error| failed(&error))?;
    let done = conn.interact(act).await.map_err(|error| failed(&error))?;
    done.map_err(|error| failed(&error))
}
