//! The text of SQLite's SQL, for the crates of `migrate`: tokens, statements, and digests over tokens.
//!
//! Both sides of the project read SQL text: the build side to split files into statements and to compute checksums,
//! the runtime to compare the schema of a live database with the expected one. They have to agree on every token, so
//! they share this crate, which knows nothing of databases and depends on one hash. For the same reason the value that
//! goes from one to the other, the finished list, is described here.
//!
//! ```
//! let sql = "CREATE TABLE notes(id INTEGER PRIMARY KEY); -- the first\nINSERT INTO notes VALUES (1)";
//! let found: Vec<&str> = migrate_sql::statements(sql).iter().map(|s| &sql[s.start..s.end]).collect();
//! assert_eq!(found, ["CREATE TABLE notes(id INTEGER PRIMARY KEY)", "INSERT INTO notes VALUES (1)"]);
//! ```

mod definition;
mod digest;
mod marker_sql;
mod place;
mod statement;
mod token;

#[doc(hidden)]
pub mod set;

pub use definition::{Definition, Names};
pub use digest::{Digest, Hasher, ParseDigestError, checksum};
pub use place::line_column;
pub use statement::{Ending, StatementSpan, statements};
pub use token::{Token, TokenKind, Tokens, quote, tokens};

#[cfg(test)]
mod tests;
