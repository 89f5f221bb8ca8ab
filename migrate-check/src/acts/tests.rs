use super::copy::Filling;
use super::*;

fn shown(sql: &str) -> String {
    let words = words(sql);
    let range = |range: &Option<Range<usize>>| {
        range
            .clone()
            .map_or_else(String::new, |range| words[range].iter().map(|w| w.text).collect::<Vec<_>>().join(" "))
    };
    match read::act(&words).unwrap_or(Act::Other) {
        Act::Create { kind, name, from_select } => {
            format!("create {} {}{}", kind.word(), name.text, if from_select.is_some() { " as" } else { "" })
        }
        Act::Drop { kind, name } => format!("drop {} {}", kind.word(), name.text),
        Act::RenameTable { from, to } => format!("rename {} to {}", from.text, to.text),
        Act::RenameColumn { table, from, to } => format!("rename {}.{} to {}", table.text, from.text, to.text),
        Act::DropColumn { table, column } => format!("drop {}.{}", table.text, column.text),
        Act::Insert(insert) => {
            let columns = if insert.has_columns { " columns" } else { "" };
            format!("insert {}{columns} [{}] {}", insert.table.text, range(&insert.or), words[insert.source].text)
        }
        Act::AddColumn { table, column } => format!("add {}.{}", table.text, column.text),
        Act::Alter { table } => format!("alter {}", table.text),
        Act::Update { table } => format!("update {}", table.text),
        Act::Delete { table } => format!("delete {}", table.text),
        Act::Select => "select".to_owned(),
        Act::Other => "other".to_owned(),
    }
}

#[test]
fn what_a_statement_does() {
    let check = |sql: &str, expected: &str| assert_eq!(shown(sql), expected, "{sql}");
    check("CREATE TABLE IF NOT EXISTS main.\"a b\"(x)", "create table a b");
    check("CREATE TABLE a AS SELECT 1", "create table a as");
    check("CREATE UNIQUE INDEX i ON t(a)", "create index i");
    check("CREATE TRIGGER t INSTEAD OF UPDATE OF a ON v BEGIN SELECT 1; END", "create trigger t");
    check("CREATE VIRTUAL TABLE f USING fts5(a)", "create table f");
    check("DROP VIEW IF EXISTS v", "drop view v");
    check("ALTER TABLE a RENAME TO b", "rename a to b");
    check("ALTER TABLE main.a RENAME COLUMN x TO y", "rename a.x to y");
    check("ALTER TABLE a RENAME x TO y", "rename a.x to y");
    check("ALTER TABLE a DROP x", "drop a.x");
    check("ALTER TABLE a DROP COLUMN [x]", "drop a.x");
    check("ALTER TABLE a ADD COLUMN x", "add a.x");
    check("ALTER TABLE a ADD x TEXT", "add a.x");
    check("ALTER TABLE a ALTER COLUMN x DROP NOT NULL", "alter a");
    check("INSERT INTO a SELECT 1", "insert a [] SELECT");
    check("INSERT OR IGNORE INTO a AS b(c, d) VALUES (1, (SELECT 2))", "insert a columns [OR IGNORE] VALUES");
    check("REPLACE INTO a(b) WITH x AS (SELECT 1) SELECT * FROM x", "insert a columns [REPLACE] WITH");
    check("WITH x AS (SELECT 1) INSERT INTO a SELECT * FROM x", "insert a [] SELECT");
    check("WITH x AS (SELECT 1) SELECT replace(1, 2, 3) FROM x", "select");
    check("UPDATE a SET b = 1", "update a");
    check("UPDATE OR IGNORE main.a SET b = 1", "update a");
    check("WITH x AS (SELECT 1) DELETE FROM a WHERE b IN x", "delete a");
    check("VALUES (1)", "select");
    check("PRAGMA user_version = 2", "other");
}

#[test]
fn what_a_copy_fills_its_columns_with() {
    let check = |sql: &str, expected: &str| {
        let statement = Statement { start: 0, end: sql.len() as u32, line: 1, column: 1 };
        let script = Script { path: "x".into(), sql: sql.to_owned().into(), statements: vec![statement].into() };
        let said = Said::of(&script, &statement);
        let shown = said.copy().map_or("none".to_owned(), |copy| {
            let filling = |filling: &Filling| match filling {
                Filling::Null => "NULL".to_owned(),
                Filling::Column(name) => name.clone(),
                Filling::Expression => "…".to_owned(),
            };
            let columns = copy.columns.map_or("any".to_owned(), |columns| columns.join(" "));
            let fillings =
                copy.fillings.map_or("any".to_owned(), |all| all.iter().map(filling).collect::<Vec<_>>().join(" "));
            format!("{columns} < {fillings} < {}", &sql[copy.select])
        });
        assert_eq!(shown, expected, "{sql}");
    };
    check("INSERT INTO a(b, c) SELECT d, a.e FROM x", "b c < d e < SELECT d, a.e FROM x");
    check(
        "INSERT INTO a SELECT NULL, f(b, c), 'x' AS y FROM x",
        "any < NULL … … < SELECT NULL, f(b, c), 'x' AS y FROM x",
    );
    check("INSERT INTO a SELECT *, b FROM x", "any < any < SELECT *, b FROM x");
    check("INSERT INTO a SELECT b FROM x UNION SELECT c FROM y", "any < any < SELECT b FROM x UNION SELECT c FROM y");
    check("INSERT INTO a SELECT b FROM x ON CONFLICT DO NOTHING", "any < b < SELECT b FROM x ");
    check("CREATE TABLE a AS SELECT b FROM x", "any < any < SELECT b FROM x");
    check("INSERT INTO a VALUES (1)", "none");
    check("CREATE TABLE a(b)", "none");
}
