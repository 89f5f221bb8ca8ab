//! `tenants FOLDER ADDRESS`: notes over HTTP, a database for each tenant.

use std::process::ExitCode;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};
use tenants::{Databases, Error};
use tokio::net::TcpListener;
use tokio::task;

type Answer = (StatusCode, Json<Value>);

#[tokio::main]
async fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, address] = args.as_slice() else {
        eprintln!("usage: tenants FOLDER ADDRESS");
        return ExitCode::from(2);
    };
    match serve(folder, address).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(folder: &str, address: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let databases = Arc::new(Databases::new(folder.into()));
    let routes = Router::new()
        .route("/health", get(|| async { StatusCode::OK }))
        .route("/{tenant}/notes", get(list).post(add))
        .with_state(databases);
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, routes).await
}

async fn add(State(databases): State<Arc<Databases>>, Path(tenant): Path<String>, body: String) -> Answer {
    answer(task::spawn_blocking(move || databases.add(&tenant, &body)).await, |()| (StatusCode::CREATED, json!({})))
}

async fn list(State(databases): State<Arc<Databases>>, Path(tenant): Path<String>) -> Answer {
    let notes = task::spawn_blocking(move || databases.list(&tenant)).await;
    answer(notes, |notes| (StatusCode::OK, json!({ "notes": notes })))
}

/// SQLite, and with it a migration or a wait for one, blocks: it runs where that holds up no other request.
fn answer<T>(done: Result<Result<T, Error>, task::JoinError>, well: impl FnOnce(T) -> (StatusCode, Value)) -> Answer {
    let (code, value) = match done {
        Ok(Ok(it)) => well(it),
        Ok(Err(error)) => {
            let code = match error {
                Error::Name => StatusCode::BAD_REQUEST,
                Error::Unknown => StatusCode::NOT_FOUND,
                // This tenant has to wait until somebody has looked after the file; the others notice nothing.
                Error::Tenant(_) => StatusCode::SERVICE_UNAVAILABLE,
                Error::Sqlite(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            refused(code, &error)
        }
        Err(panicked) => refused(StatusCode::INTERNAL_SERVER_ERROR, &panicked),
    };
    (code, Json(value))
}

/// What happened is said in full to the log. Who asked is told no more than that.
fn refused(code: StatusCode, error: &dyn std::fmt::Display) -> (StatusCode, Value) {
    if code.is_server_error() {
        eprintln!("error: {error}");
    }
    let why = match code {
        StatusCode::SERVICE_UNAVAILABLE => "your database is being looked after".to_owned(),
        StatusCode::INTERNAL_SERVER_ERROR => "see the log".to_owned(),
        _ => error.to_string(),
    };
    (code, json!({ "error": why }))
}
