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
    let databases = Databases::new(folder.into());
    let routes =
        Router::new().route("/health", get(health)).route("/{tenant}/notes", get(list).post(add)).with_state(databases);
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    axum::serve(listener, routes).await
}

async fn health(State(databases): State<Arc<Databases>>) -> Answer {
    // A tenant that is turned away is no reason to restart the service for all of them.
    (StatusCode::OK, Json(json!({ "refused": databases.refused() })))
}

async fn add(State(databases): State<Arc<Databases>>, Path(tenant): Path<String>, body: String) -> Answer {
    answer(databases.add(&tenant, body).await, |()| (StatusCode::CREATED, json!({})))
}

async fn list(State(databases): State<Arc<Databases>>, Path(tenant): Path<String>) -> Answer {
    answer(databases.list(&tenant).await, |notes| (StatusCode::OK, json!({ "notes": notes })))
}

fn answer<T>(done: Result<T, Error>, well: impl FnOnce(T) -> (StatusCode, Value)) -> Answer {
    let (code, value) = done.map_or_else(|error| refused(&error), well);
    (code, Json(value))
}

/// What happened is said in full to the log, once; who asked is told which kind of thing it was.
fn refused(error: &Error) -> (StatusCode, Value) {
    let code = match (error.refusal(), error) {
        (Some(_), _) => StatusCode::SERVICE_UNAVAILABLE,
        (None, Error::Name) => StatusCode::BAD_REQUEST,
        (None, Error::Unknown) => StatusCode::NOT_FOUND,
        (None, _) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    if code.is_server_error() && !matches!(error, Error::Quarantined(_)) {
        eprintln!("error: {error}");
    }
    let why = match (error.refusal(), code) {
        (Some(refusal), _) => refusal.to_string(),
        (None, StatusCode::INTERNAL_SERVER_ERROR) => "see the log".to_owned(),
        (None, _) => error.to_string(),
    };
    (code, json!({ "error": why }))
}
