//! Every option, in every spelling; and everything that `Version` can do.

mod db {
    use super::conn;

    migrate::migrations! {
        "options",
        after = {
            "001_create_notes" => conn,
            "003_odd_names.sql" => crate::steps::third::<u32>,
        },
        markers = [
            table tags, column notes.body, column "odd table"."odd column", column "odd table".r#type,
            index odd_index, view body, trigger keep, definition notes,
            no table drafts, no column notes.color, no index old_index, no view old_view, no trigger old_trigger,
        ],
    }
}

fn conn(conn: &migrate::rusqlite::Connection) -> migrate::rusqlite::Result<()> {
    conn.execute("INSERT INTO notes(body) VALUES ('by the step')", []).map(drop)
}

mod steps {
    pub fn third<T>(_: &migrate::rusqlite::Connection) -> Result<(), String> {
        Ok(())
    }
}

fn main() {
    use db::Version;

    let mut conn = migrate::rusqlite::Connection::open_in_memory().unwrap();
    db::migrator().run(&mut conn).unwrap();
    assert!(db::is_schema_current(&conn).unwrap());
    let notes: u32 = conn.query_row("SELECT count(*) FROM notes", [], |row| row.get(0)).unwrap();
    assert_eq!(notes, 1);

    assert_eq!(Version::ALL, [Version::CreateNotes, Version::Second, Version::OddNames]);
    assert_eq!(Version::LATEST, Version::OddNames);
    assert!(Version::CreateNotes < Version::Second);
    assert_eq!(Version::CreateNotes.to_string(), "001_create_notes.sql");
    assert_eq!(format!("{:>24}", Version::CreateNotes), "    001_create_notes.sql");
    assert_eq!("003_odd_names".parse(), Ok(Version::OddNames));
    assert_eq!("OddNames".parse(), Ok(Version::OddNames));
    assert!("004_nothing".parse::<Version>().is_err());
}
