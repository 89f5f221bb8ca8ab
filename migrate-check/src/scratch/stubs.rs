//! Functions and collations that the application registers on its connection; here, stand-ins.

use migrate_source::{Config, Function};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

/// Registers what `migrate.toml` declares.
pub(super) fn register(conn: &Connection, config: &Config) -> rusqlite::Result<()> {
    for function in &config.functions {
        let Function { name, arguments, deterministic } = function;
        let arguments = arguments.map_or(-1, i32::from);
        let mut flags = FunctionFlags::SQLITE_UTF8;
        flags.set(FunctionFlags::SQLITE_DETERMINISTIC, *deterministic);
        conn.create_scalar_function(name.as_str(), arguments, flags, |context| Ok(answer(context)))
            .map_err(|error| named(error, "function", name))?;
    }
    for collation in &config.collations {
        conn.create_collation(collation.as_str(), |a, b| a.cmp(b))
            .map_err(|error| named(error, "collation", collation))?;
    }
    Ok(())
}

/// An error that says what it is about.
fn named(error: rusqlite::Error, what: &str, name: &str) -> rusqlite::Error {
    let (message, _) = migrate_core::__private::describe(&error);
    let message = format!("{what} `{name}`: {message}");
    rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_MISUSE), Some(message))
}

/// A plausible value: the first argument that is not NULL, and a word where there is none.
fn answer(context: &Context<'_>) -> Value {
    let arguments = (0..context.len()).map(|index| context.get_raw(index));
    let given = arguments.into_iter().find(|value| !matches!(value, ValueRef::Null));
    given.map_or_else(|| Value::Text("stub".to_owned()), value)
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
    }
}
