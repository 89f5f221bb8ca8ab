//! Where the directory is: relative to Cargo.toml, and beside the calling file only if that has none.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::{env, fs, path};

use migrate_source::nearest;
use proc_macro2::Span;
use syn::LitStr;

/// A directory that exists.
pub(crate) struct Directory {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// As messages show it: relative, with `/`.
    pub(crate) shown: String,
}

/// The directory that the literal names.
pub(crate) fn directory(literal: &LitStr) -> syn::Result<Directory> {
    let written = literal.value();
    let fail = |message: String| Err(syn::Error::new(literal.span(), message));
    if written.trim().is_empty() {
        return fail("the directory has no name\nhelp: write its path relative to Cargo.toml".to_owned());
    }
    if Path::new(&written).is_absolute() {
        return fail(format!(
            "`{written}` is an absolute path, which another machine does not have\nhelp: write it relative to Cargo.toml"
        ));
    }
    let bases = Bases::of(literal.span());
    let mut file = false;
    for base in bases.all() {
        let path = base.join(&written);
        if path.is_dir() && path.to_str().is_none() {
            return fail(format!("the path of `{written}` is not UTF-8\nhelp: rename the directories above it"));
        }
        if path.is_dir() {
            return Ok(Directory { path, shown: shown(&written) });
        }
        file |= path.exists();
    }
    if file {
        return fail(format!("`{written}` is a file\nhelp: name the directory that holds the migrations"));
    }
    let help = bases.similar(&written).map_or_else(
        || "create it with its first migration, as in `001_create_notes.sql`".to_owned(),
        |near| format!("write `{near}`"),
    );
    fail(format!("there is no directory `{written}`{} [directory-missing]\nhelp: {help}", bases.describe()))
}

/// The directories that the literal may be relative to.
struct Bases {
    manifest: Option<PathBuf>,
    /// The calling file's, and the file's name.
    beside: Option<(PathBuf, OsString)>,
}

impl Bases {
    /// The span is the literal's: the macro's own call site is the facade's file. rust-analyzer knows no file.
    fn of(span: Span) -> Bases {
        let file = proc_macro::is_available().then(|| span.unwrap().local_file()).flatten();
        let file = file.and_then(|file| path::absolute(file).ok());
        let beside = file.and_then(|file| Some((file.parent()?.to_owned(), file.file_name()?.to_owned())));
        Bases { manifest: env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from), beside }
    }

    fn all(&self) -> impl Iterator<Item = &Path> {
        self.manifest.as_deref().into_iter().chain(self.beside.as_ref().map(|(dir, _)| dir.as_path()))
    }

    fn describe(&self) -> String {
        let manifest = self.manifest.as_ref().map(|_| "`Cargo.toml`".to_owned());
        let beside = self.beside.as_ref().map(|(_, name)| format!("`{}`", name.display()));
        let names: Vec<String> = manifest.into_iter().chain(beside).collect();
        if names.is_empty() { String::new() } else { format!(" beside {}", names.join(" or ")) }
    }

    /// A directory of nearly that name.
    fn similar(&self, written: &str) -> Option<String> {
        let given = Path::new(written);
        let name = given.file_name()?.to_str()?;
        let near = self.all().find_map(|base| {
            let entries = fs::read_dir(base.join(given).parent()?).ok()?.flatten();
            let names =
                entries.filter(|entry| entry.path().is_dir()).filter_map(|entry| entry.file_name().into_string().ok());
            let names: Vec<String> = names.collect();
            nearest(name, names.iter().map(String::as_str)).map(str::to_owned)
        })?;
        given.with_file_name(near).to_str().map(shown)
    }
}

/// The path as written, without what does not matter.
fn shown(written: &str) -> String {
    let written = if cfg!(windows) { written.replace('\\', "/") } else { written.to_owned() };
    let parts: Vec<&str> = written.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() { ".".to_owned() } else { parts.join("/") }
}
