//! Names as people write them: quoted only where SQLite needs it.

use migrate_core::rusqlite::Connection;

/// A name, quoted if it is not a plain word, or one that SQLite reads as something else.
pub(crate) fn ident(conn: &Connection, name: &str) -> String {
    if is_plain(conn, name) { name.to_owned() } else { migrate_sql::quote(name) }
}

/// These compile as names, and mean something else; `if` is a name here, and no longer one in `DROP TABLE if`.
const ELSEWISE: [&str; 10] =
    ["current_date", "current_time", "current_timestamp", "true", "false", "null", "rowid", "oid", "_rowid_", "if"];

fn is_plain(conn: &Connection, name: &str) -> bool {
    let mut bytes = name.bytes();
    let is_word = bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word
        && !ELSEWISE.iter().any(|word| word.eq_ignore_ascii_case(name))
        && conn.prepare(&format!("SELECT {name} FROM (SELECT 1 AS {name})")).is_ok()
}

/// As `word_new`, or the like: a table's name that nothing has.
pub(crate) fn fresh_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let mut found = format!("{name}_new");
    let mut count = 2;
    while is_taken(&found) {
        found = format!("{name}_new{count}");
        count += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_quotes() {
        let conn = Connection::open_in_memory().unwrap();
        let written: Vec<String> =
            ["notes", "Order", "a b", "2x", "key", "select", "current_time", "größe", "replace", "a\"b", "If"]
                .iter()
                .map(|name| ident(&conn, name))
                .collect();
        let expected = [
            "notes",
            "\"Order\"",
            "\"a b\"",
            "\"2x\"",
            "key",
            "\"select\"",
            "\"current_time\"",
            "\"größe\"",
            "replace",
            "\"a\"\"b\"",
            "\"If\"",
        ];
        assert_eq!(written, expected);
        assert_eq!(fresh_name("a", |name| name == "a_new"), "a_new2");
    }
}
