//! Any text as SQL: tokens give the text back, statements part it, and comments do not count.
#![no_main]

use libfuzzer_sys::fuzz_target;
use migrate_sql::{Token, checksum, line_column, statements, tokens};

fuzz_target!(|text: &str| {
    let joined: String = tokens(text).map(|token| token.text).collect();
    assert_eq!(joined, text);

    let mut end = 0;
    for statement in statements(text) {
        assert!(end <= statement.start && statement.start <= statement.end && statement.end <= text.len());
        assert!(text.is_char_boundary(statement.start) && text.is_char_boundary(statement.end));
        assert!(tokens(&text[end..statement.start]).all(|token| !token.is_significant() || token.text == ";"));
        let (line, column) = line_column(text, statement.start);
        assert!(line >= 1 && column >= 1);
        end = statement.end;
    }

    let whole = tokens(text).all(|token| !matches!(token.kind, migrate_sql::TokenKind::UnterminatedComment | migrate_sql::TokenKind::UnterminatedQuote));
    if whole {
        let spaced: String = tokens(text).filter(Token::is_significant).flat_map(|token| [token.text, " /* x */\n"]).collect();
        assert_eq!(checksum(text), checksum(&spaced), "{text:?}");
    }
});
