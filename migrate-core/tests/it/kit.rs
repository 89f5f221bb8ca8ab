//! Lists of migrations from SQL texts, and databases to run them on.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use migrate_core::__private::{
    Adopt, Catalog, Change, Fresh, Kind, Look, Marker, Migration, Options, Origin, Script, Set, Statement, chain,
    marker_sql, run_script,
};
use migrate_core::rusqlite::types::ValueRef;
use migrate_core::rusqlite::{Connection, Row};
use migrate_core::{AnyVersion, Digest, Migrations, StepFn};
use tempfile::TempDir;

/// A list in the making.
#[derive(Clone, Default)]
pub(crate) struct Kit {
    base: Option<&'static str>,
    schema: Option<&'static str>,
    snapshot: Option<&'static str>,
    migrations: Vec<Draft>,
    looks: Vec<Look>,
    edit: Vec<fn(&mut Set)>,
    origin: Option<Origin>,
}

#[derive(Clone)]
struct Draft {
    name: String,
    sql: String,
    transaction: bool,
    foreign_keys: bool,
    adopt: Option<Adopt>,
    step: Option<(StepFn, Fresh)>,
    down: Option<String>,
}

/// A list whose migrations are these texts, named `001_m.sql` and so on.
pub(crate) fn list(texts: &[&str]) -> Kit {
    texts.iter().fold(Kit::default(), |kit, sql| kit.then(sql))
}

impl Kit {
    pub(crate) fn base(mut self, sql: &'static str) -> Kit {
        self.base = Some(sql);
        self
    }

    pub(crate) fn schema(mut self, sql: &'static str) -> Kit {
        self.schema = Some(sql);
        self
    }

    pub(crate) fn snapshot(mut self, sql: &'static str) -> Kit {
        self.snapshot = Some(sql);
        self
    }

    pub(crate) fn then(mut self, sql: &str) -> Kit {
        let name = format!("{:03}_m.sql", self.migrations.len() + 1);
        let draft = Draft {
            name,
            sql: sql.to_owned(),
            transaction: true,
            foreign_keys: false,
            adopt: None,
            step: None,
            down: None,
        };
        self.migrations.push(draft);
        self
    }

    /// The same, with names of their own.
    pub(crate) fn named(mut self, names: &[&str]) -> Kit {
        for (draft, name) in self.migrations.iter_mut().zip(names) {
            draft.name = (*name).to_owned();
        }
        self
    }

    fn last(mut self, change: impl FnOnce(&mut Draft)) -> Kit {
        change(self.migrations.last_mut().expect("a migration to change"));
        self
    }

    /// The list before this migration was merged into it.
    pub(crate) fn without(mut self, name: &str) -> Kit {
        self.migrations.retain(|draft| draft.name != name);
        self
    }

    pub(crate) fn no_transaction(self) -> Kit {
        self.last(|draft| draft.transaction = false)
    }

    pub(crate) fn foreign_keys(self) -> Kit {
        self.last(|draft| draft.foreign_keys = true)
    }

    pub(crate) fn adopt(self, adopt: Adopt) -> Kit {
        self.last(|draft| draft.adopt = Some(adopt))
    }

    pub(crate) fn step(self, step: StepFn, fresh: Fresh) -> Kit {
        self.last(|draft| draft.step = Some((step, fresh)))
    }

    pub(crate) fn step_at(mut self, name: &str, step: StepFn) -> Kit {
        let draft = self.migrations.iter_mut().find(|draft| draft.name == name);
        draft.expect("a migration of this name").step = Some((step, Fresh::Run));
        self
    }

    pub(crate) fn down(self, sql: &str) -> Kit {
        self.last(|draft| draft.down = Some(sql.to_owned()))
    }

    pub(crate) fn marker(mut self, look: Look) -> Kit {
        self.looks.push(look);
        self
    }

    pub(crate) fn edit(mut self, edit: fn(&mut Set)) -> Kit {
        self.edit.push(edit);
        self
    }

    pub(crate) fn origin(mut self, origin: Origin) -> Kit {
        self.origin = Some(origin);
        self
    }

    /// Replays the texts in memory, as the proof does.
    pub(crate) fn make(&self) -> Migrations<AnyVersion> {
        let conn = Connection::open_in_memory().expect("memory");
        let base = self.base.map(|sql| script("base.sql", sql));
        let mut catalogs = vec![Catalog::default()];
        if let Some(base) = &base {
            run_script(&conn, base).expect("base.sql runs");
            catalogs[0] = Catalog::read(&conn, "schema_migrations").expect("catalog");
        }
        let base_changes = Catalog::default().changes_to(&catalogs[0]);
        let mut held: Vec<Vec<bool>> = vec![self.hold(&conn)];
        let (mut migrations, mut before) = (Vec::new(), Digest::ZERO);
        for draft in &self.migrations {
            let up = script(&draft.name, &draft.sql);
            // What fails here fails in the test too; the list is made all the same.
            let _ = run_script(&conn, &up);
            let catalog = Catalog::read(&conn, "schema_migrations").expect("catalog");
            let checksum = migrate_sql_checksum(&draft.sql);
            before = chain(before, &draft.name, checksum);
            held.push(self.hold(&conn));
            migrations.push(Migration {
                name: draft.name.clone().into(),
                up,
                down: draft.down.as_ref().map(|sql| script(&draft.name.replace(".sql", ".down.sql"), sql)),
                checksum,
                chain: before,
                fingerprint: catalog.fingerprint(),
                changes: catalogs.last().expect("one").changes_to(&catalog).into(),
                transaction: draft.transaction,
                foreign_keys: draft.foreign_keys,
                adopt: draft.adopt,
                step: draft.step.map(|(_, fresh)| fresh),
            });
            catalogs.push(catalog);
        }
        let markers: Vec<Marker> = self.looks.iter().enumerate().map(|(i, look)| marker(look, i, &held)).collect();
        let mut set = Set {
            migrations: migrations.into(),
            base_markers: base_markers(&base_changes).into(),
            squashed: Default::default(),
            squashed_release: None,
            base,
            base_fingerprint: catalogs[0].fingerprint(),
            base_changes: base_changes.into(),
            schema: self.schema.map(|sql| script("schema.sql", sql)),
            snapshot: self.snapshot.map(|sql| script("<snapshot>", sql)),
            marker_sql: marker_sql(&self.looks).into(),
            markers: markers.into(),
            options: Options {
                history_table: "schema_migrations".into(),
                shared: false,
                functions: Cow::Borrowed(&[]),
                collations: Cow::Borrowed(&[]),
                min_sqlite: 0,
            },
            origin: self.origin.clone(),
        };
        self.edit.iter().for_each(|edit| edit(&mut set));
        let steps = self.migrations.iter().enumerate().filter_map(|(i, draft)| Some((i, draft.step?.0)));
        Migrations::new(set, steps.collect::<Vec<_>>().into())
    }

    fn hold(&self, conn: &Connection) -> Vec<bool> {
        let holds = |look| migrate_core::__private::look_holds(conn, look, "schema_migrations").expect("marker");
        self.looks.iter().map(holds).collect()
    }
}

fn migrate_sql_checksum(sql: &str) -> Digest {
    migrate_sql::checksum(sql)
}

fn marker(look: &Look, index: usize, held: &[Vec<bool>]) -> Marker {
    let mut flips = Vec::new();
    let mut now = false;
    for (position, holds) in held.iter().enumerate() {
        if holds[index] != now {
            now = holds[index];
            flips.push(u32::try_from(position).expect("few"));
        }
    }
    Marker { look: look.clone(), flips: flips.into() }
}

fn base_markers(changes: &[Change]) -> Vec<Look> {
    let look =
        |change: &Change| Look::Object { kind: change.object.kind, name: change.object.name.clone(), present: true };
    changes.iter().map(look).collect()
}

pub(crate) fn script(name: &str, sql: &str) -> Script {
    let statement = |span: &migrate_sql::StatementSpan| {
        let (line, column) = migrate_sql::line_column(sql, span.start);
        let byte = |offset: usize| u32::try_from(offset).expect("short");
        Statement { start: byte(span.start), end: byte(span.end), line, column }
    };
    Script {
        path: format!("migrations/{name}").into(),
        sql: sql.to_owned().into(),
        statements: migrate_sql::statements(sql).iter().map(statement).collect(),
    }
}

pub(crate) fn table(name: &'static str) -> Look {
    Look::Object { kind: Kind::Table, name: name.into(), present: true }
}

pub(crate) fn column(table: &'static str, column: &'static str) -> Look {
    Look::Column { table: table.into(), column: column.into(), present: true }
}

/// A database file in a folder of its own.
pub(crate) struct Db {
    pub(crate) dir: TempDir,
    pub(crate) path: PathBuf,
}

impl Db {
    pub(crate) fn new() -> Db {
        let dir = tempfile::tempdir().expect("folder");
        let path = dir.path().join("app.db");
        Db { dir, path }
    }

    pub(crate) fn with(sql: &str) -> Db {
        let db = Db::new();
        db.sql(sql);
        db
    }

    pub(crate) fn open(&self) -> Connection {
        Connection::open(&self.path).expect("open")
    }

    pub(crate) fn sql(&self, sql: &str) {
        let conn = self.open();
        conn.execute_batch("PRAGMA foreign_keys = OFF").expect("pragma");
        conn.execute_batch(sql).expect("setup");
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap_or_default()
    }

    pub(crate) fn dump(&self) -> String {
        dump(&self.path)
    }

    pub(crate) fn one(&self, sql: &str) -> String {
        let text = |row: &Row<'_>| {
            Ok(match row.get_ref(0)? {
                ValueRef::Null => "NULL".to_owned(),
                ValueRef::Integer(value) => value.to_string(),
                value => String::from_utf8_lossy(value.as_bytes().unwrap_or_default()).into_owned(),
            })
        };
        self.open().query_row(sql, [], text).expect("query")
    }

    /// `name origin` of every row of the history, by id.
    pub(crate) fn history(&self) -> String {
        self.one(
            "SELECT coalesce(group_concat(migration_name || ' ' || origin, ', '), '') \
             FROM (SELECT * FROM schema_migrations ORDER BY id)",
        )
    }
}

/// Everything in a file but the history: objects with their SQL, and rows.
pub(crate) fn dump(path: &Path) -> String {
    let conn = Connection::open(path).expect("open");
    let objects = "SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_master \
                   WHERE tbl_name <> 'schema_migrations' ORDER BY type, name";
    let mut lines: Vec<String> = strings(&conn, objects);
    for table in strings(
        &conn,
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_migrations' ORDER BY name",
    ) {
        let columns = strings(&conn, &format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')"));
        let rows = format!("SELECT {} FROM \"{table}\" ORDER BY 1", columns.join(" || '|' || "));
        lines.extend(strings(&conn, &rows).into_iter().map(|row| format!("{table}: {row}")));
    }
    lines.join("\n")
}

fn strings(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).expect("prepare");
    let rows = statement.query_map([], |row| row.get(0)).expect("query");
    rows.collect::<Result<_, _>>().expect("rows")
}
