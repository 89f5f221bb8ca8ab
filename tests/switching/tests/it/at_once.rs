//! Several processes of the new build start on a file of the old one.

use std::process::{Command, Stdio};

use switching::{PEERS, lines};

use crate::Result;
use crate::files::{File, rows, schema};

#[test]
fn several_processes_switch_one_file() -> Result {
    for peer in PEERS {
        let fresh = File::new()?;
        (peer.after)(&fresh.path)?;
        let file = File::at(peer, 3)?;
        let (kept, before) = (peer.kept(&file.connect()?)?, rows(&file.connect()?)?);
        let start = |_| {
            Command::new(env!("CARGO_BIN_EXE_switching"))
                .args([peer.name.as_ref(), file.path.as_os_str()])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        };
        let children = (0..6).map(start).collect::<std::io::Result<Vec<_>>>()?;
        let mut first = 0;
        for child in children {
            let output = child.wait_with_output()?;
            let (said, complaint) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
            assert!(output.status.success(), "{}: {complaint}", peer.name);
            first += usize::from(said.contains("3 migrations marked as applied; 3 migrations applied"));
            assert!(said.starts_with("database with") || said.starts_with("current"), "{}: {said}", peer.name);
        }
        assert_eq!(first, 1, "{}", peer.name);
        let conn = file.connect()?;
        assert_eq!((peer.kept(&conn)?, rows(&conn)?, schema(&conn)?), (kept, before, schema(&fresh.connect()?)?));
        let history =
            if ["dbmate", "golang-migrate"].contains(&peer.name) { "migrate_history" } else { "schema_migrations" };
        let recorded =
            lines(&conn, &format!("SELECT origin, count(*) FROM {history} GROUP BY origin ORDER BY origin"))?;
        assert_eq!(recorded, "\nText(\"adopted\") | Integer(3)\nText(\"applied\") | Integer(3)", "{}", peer.name);
    }
    Ok(())
}
