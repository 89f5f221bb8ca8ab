use super::*;

fn cut(sql: &str) -> Vec<(&str, TokenKind)> {
    tokens(sql).filter(Token::is_significant).map(|t| (t.text, t.kind)).collect()
}

#[test]
fn every_kind_of_token() {
    use TokenKind::*;
    let sql = "a \"b\"\"\" [c] `d` 'e''' x'0F' 1.5e-3 0x1F .5 ?1 :n @n $n ->> || <> ! -- end";
    let kinds: Vec<TokenKind> = cut(sql).into_iter().map(|(_, kind)| kind).collect();
    let expected = [
        Word,
        DoubleQuoted,
        Quoted,
        Quoted,
        String,
        Blob,
        Number,
        Number,
        Number,
        Parameter,
        Parameter,
        Parameter,
        Parameter,
        Operator,
        Operator,
        Operator,
        Illegal,
    ];
    assert_eq!(kinds, expected);
    assert_eq!(tokens(sql).map(|t| t.text).collect::<std::string::String>(), sql);
}

#[test]
fn what_the_text_ends_within() {
    for (sql, kind) in [
        ("SELECT 'a", TokenKind::UnterminatedQuote),
        ("SELECT x'a", TokenKind::UnterminatedQuote),
        ("SELECT [a", TokenKind::UnterminatedQuote),
        ("SELECT 1 /* a", TokenKind::UnterminatedComment),
    ] {
        assert_eq!(cut(sql).last().unwrap().1, kind, "{sql}");
    }
}

#[test]
fn numbers_are_not_cut_in_two() {
    for sql in ["1e+5", "1_000", "0x1e", "1.", "12abc"] {
        assert_eq!(cut(sql).len(), 1, "{sql}");
    }
    assert_eq!(cut("0x1e+5").len(), 3);
    assert_eq!(cut("1e+").len(), 2);
}

#[test]
fn statements_and_triggers() {
    let check = |sql: &str, expected: &[&str]| {
        let found: Vec<&str> = statements(sql).iter().map(|s| &sql[s.start..s.end]).collect();
        assert_eq!(found, expected, "{sql}");
    };
    check("", &[]);
    check(" ; -- nothing\n;", &[]);
    check("a;b", &["a", "b"]);
    check("SELECT ';' ; x", &["SELECT ';'", "x"]);
    check(
        "CREATE TEMP TRIGGER t BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 1; END; y",
        &["CREATE TEMP TRIGGER t BEGIN SELECT CASE WHEN 1 THEN 2 END; SELECT 1; END", "y"],
    );
    check("create table \"trigger\"(a); z", &["create table \"trigger\"(a)", "z"]);
    assert_eq!(statements("CREATE TRIGGER t BEGIN SELECT 1;")[0].ending, Ending::InTrigger);
    assert_eq!(statements("CREATE TRIGGER t BEGIN SELECT 1; END")[0].ending, Ending::Text);
    assert_eq!(statements("a;")[0].ending, Ending::Semicolon);
}

#[test]
fn digests_read_back() {
    let digest = checksum("SELECT 1");
    assert_eq!(digest.to_string().parse(), Ok(digest));
    assert_eq!("12".parse::<Digest>(), Err(ParseDigestError));
    assert_eq!(digest.to_string().to_uppercase().parse::<Digest>(), Err(ParseDigestError));
}

#[test]
fn quoting_is_a_name_only_where_the_name_exists() {
    let names: Names = ["t", "Kind"].into_iter().collect();
    let same = |a: &str, b: &str| Definition::of(a, &names) == Definition::of(b, &names);
    assert!(same("CREATE TABLE t(Kind CHECK(\"KIND\" > 1))", "CREATE TABLE t(kind CHECK(kind > 1))"));
    assert!(!same("CREATE TABLE t(kind DEFAULT \"Low\")", "CREATE TABLE t(kind DEFAULT \"low\")"));
    assert!(same("CREATE TABLE t(kind DEFAULT \"Low\")", "CREATE TABLE t(kind DEFAULT 'Low')"));
    assert!(!same("CREATE TABLE t(kind DEFAULT 'kind')", "CREATE TABLE t(kind DEFAULT kind)"));
}
