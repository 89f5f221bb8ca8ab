//! A directory becomes a listing: the only file that touches a file system.

use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::finding::{Finding, Subject};
use crate::ids;
use crate::listing::{Content, Listing};
use crate::name;
use crate::nearest::nearest;

/// How deep subdirectories are looked into for `.sql` files; a link to a directory above ends here too.
const DEPTH: usize = 4;

/// Lists a directory, and reads the files that are migrations or options by their names. Nothing else is opened: a
/// database may lie in the same directory, and opening its file would drop the locks that this process holds on it.
///
/// # Errors
///
/// A finding, if there is no such directory or it cannot be listed.
///
/// ```
/// let missing = migrate_source::read(std::path::Path::new("/no/such/migrations"), "migrations");
/// assert_eq!(missing.unwrap_err().id, "directory-missing");
/// ```
pub fn read(dir: &Path, shown: &str) -> Result<Listing, Box<Finding>> {
    let mut listing = Listing::new(dir, shown);
    match fs::metadata(dir) {
        Ok(metadata) if metadata.is_dir() => {}
        Ok(_) => {
            let message = format!("`{shown}` is a file, not a directory");
            let finding = Finding::error(ids::DIRECTORY_UNREADABLE, message, Subject::Directory);
            return Err(Box::new(finding.help("name the directory that holds the migrations")));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => return Err(missing(dir, shown)),
        Err(error) => return Err(unreadable(shown, &error)),
    }
    list(&mut listing, dir, "", DEPTH).map_err(|error| unreadable(shown, &error))?;
    Ok(listing)
}

fn list(listing: &mut Listing, dir: &Path, prefix: &str, depth: usize) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let (name, content) = match entry.file_name().into_string() {
            Err(name) => (format!("{prefix}{}", name.to_string_lossy()), Content::NameNotUtf8),
            Ok(last) if name::is_left_over(&last) => (format!("{prefix}{last}"), Content::NotRead),
            Ok(last) => {
                let name = format!("{prefix}{last}");
                let content = read_entry(&entry.path(), &name);
                (name, content)
            }
        };
        let content = match content {
            Content::Directory if depth > 0 => match list(listing, &entry.path(), &format!("{name}/"), depth - 1) {
                Ok(()) => Content::Directory,
                Err(error) => Content::Closed(reason(&error)),
            },
            content => content,
        };
        listing.entries.insert(name, content);
    }
    Ok(())
}

fn read_entry(path: &Path, name: &str) -> Content {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Content::Directory,
        Ok(_) if !name::is_read(name) => Content::NotRead,
        // A pipe would block.
        Ok(metadata) if !metadata.is_file() => Content::Unreadable("it is not a regular file".to_owned()),
        Ok(_) => match fs::read(path) {
            Ok(bytes) => Content::File(bytes),
            Err(error) => Content::Unreadable(reason(&error)),
        },
        Err(_) if fs::symlink_metadata(path).is_ok_and(|link| link.is_symlink()) => match fs::read_link(path) {
            Ok(target) => {
                Content::Unreadable(format!("it is a link to `{}`, which cannot be opened", target.display()))
            }
            Err(error) => Content::Unreadable(reason(&error)),
        },
        Err(error) => Content::Unreadable(reason(&error)),
    }
}

/// An error of the system in our style: lower case, and without its number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => "unknown reason".to_owned(),
    }
}

fn unreadable(shown: &str, error: &std::io::Error) -> Box<Finding> {
    let message = format!("the directory `{shown}` cannot be read: {}", reason(error));
    Box::new(Finding::error(ids::DIRECTORY_UNREADABLE, message, Subject::Directory))
}

fn missing(dir: &Path, shown: &str) -> Box<Finding> {
    let message = format!("there is no directory `{shown}`");
    let finding = Finding::error(ids::DIRECTORY_MISSING, message, Subject::Directory);
    Box::new(match sibling(dir) {
        Some(name) => {
            let parent = shown.trim_end_matches('/').rsplit_once('/').map(|(parent, _)| parent);
            let better = parent.map_or_else(|| name.clone(), |parent| format!("{parent}/{name}"));
            finding.help(format!("write `{better}`, which exists"))
        }
        None => finding.help(format!("create it with a first migration, such as `{shown}/001_create_notes.sql`")),
    })
}

/// A directory beside the one that is missing, and of a similar name.
fn sibling(dir: &Path) -> Option<String> {
    let wanted = dir.file_name()?.to_str()?;
    let parent = dir.parent()?;
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let mut names: Vec<String> = fs::read_dir(parent)
        .ok()?
        .flatten()
        .filter(|entry| fs::metadata(entry.path()).is_ok_and(|metadata| metadata.is_dir()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    nearest(wanted, names.iter().map(String::as_str)).map(str::to_owned)
}
