//! Which scripts can take away or overwrite what users have stored.

use migrate_sql::{Token, tokens};

use crate::decide::{Action, Decision};
use crate::set::{Script, Set};

impl Decision {
    /// Whether any script that would run is destructive, or cannot be judged: a Rust step may do anything.
    pub(crate) fn is_destructive(&self, set: &Set) -> bool {
        self.actions.iter().any(|action| match action {
            Action::Apply { index, step, .. } => *step || is_destructive(&set.migrations[*index].up),
            Action::Revert(_) => true,
            Action::Base => set.base.as_ref().is_some_and(is_destructive),
            Action::Schema => set.schema.as_ref().is_some_and(is_destructive),
            Action::Snapshot | Action::PrepareHistory | Action::Mark(..) | Action::Order => false,
        })
    }
}

/// Whether any statement of the script deletes, overwrites or drops stored values. What triggers would do is not seen.
fn is_destructive(script: &Script) -> bool {
    script.statements.iter().any(|statement| statement_is_destructive(script.text(statement)))
}

fn statement_is_destructive(sql: &str) -> bool {
    // One token at a time: a statement may be as large as a file.
    let mut tokens = tokens(sql).filter(Token::is_significant);
    let Some(first) = tokens.next() else { return false };
    let is = |token: &Token<'_>, words: &[&str]| words.iter().any(|word| token.is_word(word));
    if is(&first, &["DELETE", "UPDATE", "REPLACE"]) {
        return true;
    }
    if is(&first, &["DROP"]) {
        return tokens.next().is_some_and(|token| token.is_word("TABLE"));
    }
    if is(&first, &["ALTER"]) {
        return tokens.any(|token| token.is_word("DROP"));
    }
    // What a view or a trigger holds does not run now.
    let with = is(&first, &["WITH"]);
    if !with && !is(&first, &["INSERT"]) {
        return false;
    }
    let mut before = first;
    tokens.any(|token| {
        let overwrites = (before.is_word("OR") && token.is_word("REPLACE"))
            || (before.is_word("DO") && token.is_word("UPDATE"))
            || (with && (is(&token, &["DELETE", "UPDATE"]) || (before.is_word("REPLACE") && token.is_word("INTO"))));
        before = token;
        overwrites
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sql: &str, expect: bool) {
        assert_eq!(statement_is_destructive(sql), expect, "{sql}");
    }

    #[test]
    fn what_takes_away() {
        for sql in [
            "DROP TABLE t",
            "drop table if exists t",
            "ALTER TABLE t DROP COLUMN c",
            "ALTER TABLE t DROP c",
            "DELETE FROM t",
            "UPDATE t SET a = 1",
            "UPDATE OR IGNORE t SET a = 1",
            "REPLACE INTO t VALUES (1)",
            "INSERT OR REPLACE INTO t VALUES (1)",
            "INSERT INTO t VALUES (1) ON CONFLICT DO UPDATE SET a = 2",
            "WITH x AS (SELECT 1) DELETE FROM t",
            "-- a comment\nDELETE FROM t",
        ] {
            check(sql, true);
        }
    }

    #[test]
    fn what_only_adds() {
        for sql in [
            "CREATE TABLE t(a)",
            "CREATE TRIGGER r AFTER INSERT ON t BEGIN DELETE FROM u; END",
            "CREATE TABLE t(a REFERENCES u ON DELETE CASCADE)",
            "ALTER TABLE t ADD COLUMN b",
            "ALTER TABLE t RENAME TO u",
            "DROP INDEX i",
            "DROP VIEW v",
            "INSERT INTO t VALUES (1)",
            "INSERT INTO t SELECT 'DELETE' FROM u",
            "INSERT INTO t SELECT replace(a, 'x', 'y') FROM u",
            "WITH x AS (SELECT replace(a, 'x', 'y') FROM u) INSERT INTO t SELECT * FROM x",
            "SELECT 1",
            "VACUUM",
            "",
        ] {
            check(sql, false);
        }
    }
}
