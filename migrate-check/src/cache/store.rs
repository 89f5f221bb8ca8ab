//! Entries in a directory: one file each, whole or not there at all.
//!
//! A file begins with what the entry was made from, word for word, and that is compared: two inputs with one name are two
//! inputs. It ends as it was written, or its digest says that it does not. Nothing that goes wrong here is an error: an
//! entry that cannot be read is none, and one that cannot be written is not needed.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::bytes::{slice, take, write_slice};

/// A directory of entries.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    dir: PathBuf,
}

/// What an entry is called after: a digest of what it was made from.
pub(super) type Name = [u8; 16];

/// The bytes that a file begins with.
const MAGIC: &[u8] = b"migrate proof cache 1\n";

/// How many entries are kept, and how many bytes.
const MOST: usize = 400;
const MOST_BYTES: u64 = 64 << 20;

/// An entry that was of use is as good as new; once a day is often enough to say so.
const FRESH: Duration = Duration::from_secs(24 * 60 * 60);

/// What a process that died half-way has left is nobody's after this time.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

impl Store {
    pub(crate) fn at(dir: &Path) -> Store {
        Store { dir: dir.to_owned() }
    }

    /// What was found out from these inputs.
    pub(crate) fn read<T>(
        &self,
        kind: &str,
        name: Name,
        inputs: &[u8],
        make: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Option<T> {
        let path = self.path(kind, name);
        let file = fs::read(&path).ok()?;
        let found = content(&file, inputs).and_then(make);
        match found {
            Some(_) => touch(&path),
            // Out of the way of a better one.
            None => drop(fs::remove_file(&path)),
        }
        found
    }

    pub(crate) fn has(&self, kind: &str, name: Name) -> bool {
        self.path(kind, name).is_file()
    }

    /// Keeps what was found out.
    pub(crate) fn write(&self, kind: &str, name: Name, inputs: &[u8], content: &[u8]) {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut rest = Vec::with_capacity(inputs.len() + content.len() + 16);
        write_slice(inputs, &mut rest);
        rest.extend_from_slice(content);
        let file = [MAGIC, &digest(&rest), &rest].concat();
        // The directory above is the compiler's. Where it is gone, nothing is made again.
        let _ = fs::create_dir(&self.dir);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let draft = self.dir.join(format!("{}-{number}.draft", std::process::id()));
        if fs::write(&draft, file).and_then(|()| fs::rename(&draft, self.path(kind, name))).is_err() {
            let _ = fs::remove_file(&draft);
        }
    }

    /// Removes the oldest entries, where there are too many.
    pub(crate) fn prune(&self) {
        self.prune_to(MOST, MOST_BYTES);
    }

    fn prune_to(&self, most: usize, most_bytes: u64) {
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            let (Ok(modified), path) = (metadata.modified(), entry.path()) else { continue };
            if path.extension().is_none_or(|extension| extension != "draft") {
                entries.push((modified, metadata.len(), path));
            } else if modified.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(path);
            }
        }
        entries.sort();
        let mut bytes: u64 = entries.iter().map(|(_, length, _)| length).sum();
        let mut count = entries.len();
        for (_, length, path) in entries {
            if count <= most && bytes <= most_bytes {
                return;
            }
            let _ = fs::remove_file(path);
            count -= 1;
            bytes -= length;
        }
    }

    fn path(&self, kind: &str, name: Name) -> PathBuf {
        self.dir.join(format!("{kind}-{:032x}", u128::from_le_bytes(name)))
    }
}

/// What a file holds, if it is whole and was made from these inputs.
fn content<'a>(file: &'a [u8], inputs: &[u8]) -> Option<&'a [u8]> {
    let mut rest = file.strip_prefix(MAGIC)?;
    let expected = take(&mut rest, 16)?;
    if expected != digest(rest) {
        return None;
    }
    (slice(&mut rest)? == inputs).then_some(rest)
}

/// Against accidents, not against malice: whoever can write here can write the executable.
pub(super) fn digest(bytes: &[u8]) -> Name {
    let (words, tail) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..tail.len()].copy_from_slice(tail);
    let (mut a, mut b) = (0x243f_6a88_85a3_08d3_u64, bytes.len() as u64);
    // For either number, no other word leads to the same; together they are as good as random.
    for word in words.iter().chain([&last]) {
        let word = u64::from_le_bytes(*word);
        a = (a ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        a ^= a >> 29;
        b = (b.rotate_left(23) ^ word).wrapping_mul(0xd6e8_feb8_6659_fd93);
    }
    let mut digest = [0; 16];
    digest[..8].copy_from_slice(&(a ^ a >> 32).to_le_bytes());
    digest[8..].copy_from_slice(&(b ^ b >> 32).to_le_bytes());
    digest
}

fn touch(path: &Path) {
    let age = fs::metadata(path).and_then(|metadata| metadata.modified()).ok().and_then(|time| time.elapsed().ok());
    if age.is_some_and(|age| age > FRESH)
        && let Ok(file) = File::options().append(true).open(path)
    {
        let _ = file.set_modified(SystemTime::now());
    }
}

#[cfg(test)]
mod tests;
