//! Whether something else than the migrations decides what rows there are: the clock, chance, a function of the
//! application, of which the proof has only a stand-in.

use std::collections::HashSet;

use migrate_core::__private::{Kind, Script};
use migrate_source::{Config, Source};
use migrate_sql::Token;

use super::content::Content;
use crate::scripts::Scripts;
use crate::words::{created, words};

/// Whether the content could be another one elsewhere. Where in doubt, it could.
pub(super) fn decides(source: &Source, scripts: &Scripts, content: &Content) -> bool {
    let config = &source.config;
    let statements: Vec<&str> = scripts.upwards().flat_map(|(_, script)| texts(script)).collect();
    if statements.iter().any(|sql| is_insert(sql) && is_by_chance(sql, config)) {
        return true;
    }
    if !content.has_rows() {
        // An UPDATE without rows does nothing, whatever it would set.
        return false;
    }
    if !config.collations.is_empty() {
        return true;
    }
    // What rows are written to, by statements and by triggers.
    let mut written: HashSet<String> = HashSet::new();
    for sql in statements.iter().filter(|sql| is_insert(sql) || begins(sql, "UPDATE") || is_trigger(sql)) {
        written.extend(words(sql).iter().filter_map(|word| Some(word.name()?.to_ascii_lowercase())));
    }
    // A default that no row needs is nobody's business.
    let is_idle =
        |sql: &str| matches!(created(sql), Some((Kind::Table, name)) if !written.contains(&name.to_ascii_lowercase()));
    statements.iter().any(|sql| is_by_chance(sql, config) && !is_idle(sql))
}

fn begins(sql: &str, word: &str) -> bool {
    migrate_sql::tokens(sql).find(Token::is_significant).is_some_and(|first| first.is_word(word))
}

fn is_trigger(sql: &str) -> bool {
    begins(sql, "CREATE") && matches!(created(sql), Some((Kind::Trigger, _)))
}

fn texts(script: &Script) -> impl Iterator<Item = &str> {
    script.statements.iter().map(|statement| script.text(statement))
}

/// Whether a statement may add rows where there are none.
fn is_insert(sql: &str) -> bool {
    let from_select = || words(sql).iter().any(|word| word.is_word("SELECT"));
    ["INSERT", "REPLACE", "WITH"].iter().any(|word| begins(sql, word))
        || (begins(sql, "CREATE") && matches!(created(sql), Some((Kind::Table, _))) && from_select())
}

/// Functions whose answer is not the same twice, or not the same with every version of SQLite.
const FUNCTIONS: [&str; 14] = [
    "random",
    "randomblob",
    "date",
    "time",
    "datetime",
    "julianday",
    "unixepoch",
    "strftime",
    "timediff",
    "changes",
    "total_changes",
    "last_insert_rowid",
    "sqlite_version",
    "sqlite_source_id",
];

/// Whether a statement asks the clock, chance or its connection, and does more than to say that others will.
pub(crate) fn asks(sql: &str) -> bool {
    !begins(sql, "CREATE") && is_by_chance(sql, &Config::default())
}

/// Whether a statement asks the clock or chance, or calls a function of the application.
fn is_by_chance(sql: &str, config: &Config) -> bool {
    let words = words(sql);
    let is_called = |at: usize| words.get(at + 1).is_some_and(|next| next.text == "(");
    words.iter().enumerate().any(|(at, word)| {
        let Some(name) = word.name() else { return false };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        ["current_timestamp", "current_date", "current_time"].iter().any(|other| word.is_word(other))
            || (is_called(at)
                && (FUNCTIONS.iter().any(|other| is(other)) || config.functions.iter().any(|one| is(&one.name))))
    })
}
