//! What a user writes for a database: a path, a glob, a URL.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;

use crate::failure::Failure;

/// The files that a name stands for: one, or as many as a glob finds.
pub(super) fn paths(name: &OsStr) -> Result<Vec<PathBuf>, Failure> {
    let path = PathBuf::from(name);
    // Only Unix has names that are no text, and they are names of files.
    let Some(text) = name.to_str() else { return Ok(vec![path]) };
    if let Some(path) = of_url(text)? {
        return Ok(vec![path]);
    }
    if text.is_empty() || text == ":memory:" {
        return Err(no_file(text));
    }
    if path.exists() || !text.contains(['*', '?', '[']) {
        return Ok(vec![path]);
    }
    let found = glob::glob(text).map_err(|error| {
        Failure::usage(format!("`{text}` is no pattern: {}\nhelp: write `[[]` for a bracket", error.msg))
    })?;
    let found: Vec<PathBuf> = found.flatten().filter(|path| path.is_file() && !is_left_over(path)).collect();
    if found.is_empty() {
        return Err(Failure::failed(format!(
            "no file matches `{text}`\nhelp: check the pattern, and the directory that you are in"
        )));
    }
    Ok(found)
}

/// The address of a server.
#[cfg(feature = "remote")]
pub(super) fn address(name: &OsStr) -> Option<&str> {
    let text = name.to_str()?;
    SERVERS.contains(&text.split_once("://")?.0).then_some(text)
}

/// The schemes of servers.
const SERVERS: [&str; 5] = ["libsql", "http", "https", "rqlite", "rqlites"];

/// What SQLite and a run keep beside a database: a glob does not mean it.
fn is_left_over(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ["-wal", "-shm", "-journal", ".backup", ".lock"].iter().any(|ending| name.ends_with(ending))
}

/// `sqlite:app.db`, `sqlite://app.db`, `sqlite:///var/app.db`, `file:app.db`; what follows `?` is for other programs.
fn of_url(text: &str) -> Result<Option<PathBuf>, Failure> {
    if let Some(scheme) = other_scheme(text) {
        if SERVERS.contains(&scheme) {
            let message = format!("`{scheme}:` is a server, and this program was built without them");
            return Err(Failure::usage(format!("{message}\nhelp: turn on the feature `remote` of `migrate-cli`")));
        }
        return Err(Failure::usage(format!("`{scheme}:` is not SQLite\nhelp: name a file, or write `sqlite:FILE`")));
    }
    let Some(rest) = text.strip_prefix("sqlite:").or_else(|| text.strip_prefix("file:")) else { return Ok(None) };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let (path, options) = rest.split_once('?').unwrap_or((rest, ""));
    let is_memory = options.split('&').any(|option| option == "mode=memory");
    if path.is_empty() || path == ":memory:" || is_memory {
        return Err(no_file(text));
    }
    let path = percent_decode_str(path).decode_utf8();
    let path =
        path.map_err(|_| Failure::usage(format!("`{text}` does not decode to UTF-8\nhelp: name the file itself")))?;
    Ok(Some(PathBuf::from(path.as_ref())))
}

/// The scheme of a URL that is not of SQLite.
pub(super) fn other_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_scheme =
        !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_ours = matches!(scheme, "sqlite" | "file") || cfg!(feature = "remote") && SERVERS.contains(&scheme);
    (is_scheme && !is_ours).then_some(scheme)
}

fn no_file(text: &str) -> Failure {
    Failure::usage(format!("`{text}` names no file\nhelp: write a path, or `sqlite:FILE`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Exit;

    #[test]
    fn names() {
        for (name, path) in [
            ("app.db", "app.db"),
            ("sqlite:app.db", "app.db"),
            ("sqlite://app.db", "app.db"),
            ("sqlite:///var/app.db", "/var/app.db"),
            ("sqlite:app.db?mode=rwc", "app.db"),
            ("sqlite:my%20app.db", "my app.db"),
            ("file:app.db", "app.db"),
            ("file:///var/app.db", "/var/app.db"),
            ("100%.db", "100%.db"),
            ("C:/data/app.db", "C:/data/app.db"),
        ] {
            assert_eq!(paths(OsStr::new(name)).unwrap(), [PathBuf::from(path)], "{name}");
        }
        for name in ["", ":memory:", "postgres://x/y", "sqlite:", "sqlite::memory:", "file:x?mode=memory", "sqlite:%FF"]
        {
            assert_eq!(paths(OsStr::new(name)).unwrap_err().exit, Exit::Usage, "{name}");
        }
    }
}
