//! A disk in memory: files in one folder, and what of them would be found after a power cut.

mod content;
mod folder;
mod handle;
mod locks;
mod shm;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::os::raw::c_int;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::{Connection, OpenFlags, ffi};

pub use folder::Deletions;
pub(crate) use handle::Handle;

use crate::fault::{Change, Fate, Fault, Look, Meter};
use crate::survival::Survival;
use crate::vfs;
use content::Content;
use folder::Folder;
use locks::Locks;
use shm::Shm;

/// A disk with a folder of its own, and SQLite's view of it.
///
/// ```
/// let disk = faults::Disk::new();
/// disk.open()?.execute_batch("CREATE TABLE notes(body); INSERT INTO notes VALUES ('kept')")?;
/// let found = disk.reboot(faults::Survival::Nothing);
/// let body: String = found.open()?.query_row("SELECT body FROM notes", [], |row| row.get(0))?;
/// assert_eq!(body, "kept");
/// # Ok::<(), rusqlite::Error>(())
/// ```
pub struct Disk {
    path: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    files: Vec<File>,
    folder: Folder,
    pub(crate) meter: Meter,
    handles: u64,
    lies: bool,
}

#[derive(Debug, Default)]
struct File {
    name: String,
    content: Content,
    locks: Locks,
    shm: Shm,
}

/// Every disk, by what the paths of its files begin with.
static DISKS: Mutex<BTreeMap<String, Weak<Disk>>> = Mutex::new(BTreeMap::new());
static NUMBERS: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// Where this thread has opened a file last. That is where its temporary files go, which have no path.
    static LAST: RefCell<Weak<Disk>> = const { RefCell::new(Weak::new()) };
}

impl Disk {
    /// An empty one.
    ///
    /// ```
    /// assert!(faults::Disk::new().files().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> Arc<Disk> {
        Disk::with(Vec::new(), Folder::default())
    }

    fn with(files: Vec<File>, folder: Folder) -> Arc<Disk> {
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        // In a real folder: the runtime locks a real file beside the database.
        let path = std::env::temp_dir().join(format!("faults-{}-{number}.db", std::process::id()));
        let state = State { files, folder, meter: Meter::new(), handles: 0, lies: false };
        let disk = Arc::new(Disk { path, state: Mutex::new(state) });
        let name = disk.path.to_string_lossy().into_owned();
        lock(&DISKS).insert(name, Arc::downgrade(&disk));
        disk
    }

    /// The disk that has a path.
    pub(crate) fn of(path: &str) -> Option<Arc<Disk>> {
        let end = path.rfind(".db")? + 3;
        let disk = lock(&DISKS).get(&path[..end])?.upgrade()?;
        LAST.set(Arc::downgrade(&disk));
        Some(disk)
    }

    /// The disk that this thread used last.
    pub(crate) fn last() -> Option<Arc<Disk>> {
        LAST.with_borrow(Weak::upgrade)
    }

    /// The path of the database on it; nothing of that name is on the real disk.
    ///
    /// ```
    /// assert!(!faults::Disk::new().path().exists());
    /// ```
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new connection to the database on it.
    ///
    /// ```
    /// let conn = faults::Disk::new().open()?;
    /// conn.execute_batch("CREATE TABLE notes(body)")?;
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    pub fn open(&self) -> rusqlite::Result<Connection> {
        vfs::register()?;
        let conn = Connection::open_with_flags_and_vfs(&self.path, OpenFlags::default(), vfs::NAME)?;
        conn.busy_timeout(std::time::Duration::ZERO)?;
        Ok(conn)
    }

    /// A copy of it as it is, all of it on the disk, without the connections to it.
    ///
    /// ```
    /// let disk = faults::Disk::new();
    /// let copy = disk.fork();
    /// copy.open()?.execute_batch("CREATE TABLE notes(body)")?;
    /// assert!(disk.files().is_empty());
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    #[must_use]
    pub fn fork(&self) -> Arc<Disk> {
        self.reboot(Survival::Everything)
    }

    /// The disk as it is found after the power was cut at this moment; this one stays as it is.
    ///
    /// ```
    /// use faults::{Disk, Survival};
    ///
    /// let disk = Disk::new();
    /// let conn = disk.open()?;
    /// conn.execute_batch("PRAGMA synchronous = OFF; CREATE TABLE notes(body)")?;
    /// assert_eq!(disk.reboot(Survival::Nothing).files(), [(".db".to_owned(), 0)]);
    /// assert_eq!(disk.reboot(Survival::Everything).files(), [(".db".to_owned(), 8192)]);
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    #[must_use]
    pub fn reboot(&self, survival: Survival) -> Arc<Disk> {
        let state = self.state();
        let folder = state.folder.survive(survival);
        let found = state.files.iter().enumerate().map(|(number, file)| File {
            name: file.name.clone(),
            content: file.content.survive(survival, number),
            ..File::default()
        });
        Disk::with(found.collect(), folder)
    }

    /// Begins to count anew, with a fault to come.
    ///
    /// ```
    /// use faults::{Disk, Fault, Flavour};
    ///
    /// let disk = Disk::new();
    /// let conn = disk.open()?;
    /// disk.arm(Fault::Change { at: 1, flavour: Flavour::Broken });
    /// assert!(conn.execute_batch("CREATE TABLE notes(body)").is_err());
    /// assert!(conn.execute_batch("CREATE TABLE notes(body)").is_ok());
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    pub fn arm(&self, fault: Fault) {
        self.state().meter = Meter { fault, ..Meter::new() };
    }

    /// What the fault has struck first, if it has.
    ///
    /// ```
    /// assert_eq!(faults::Disk::new().met(), None);
    /// ```
    #[must_use]
    pub fn met(&self) -> Option<String> {
        self.state().meter.met.clone()
    }

    /// Whether the operation of the fault was reached; one that cannot fail in that way is not struck.
    ///
    /// ```
    /// assert!(!faults::Disk::new().is_reached());
    /// ```
    #[must_use]
    pub fn is_reached(&self) -> bool {
        self.state().meter.reached
    }

    /// Cuts the power now: everything fails from here on, until [`Disk::reboot`] makes another disk.
    ///
    /// ```
    /// let disk = faults::Disk::new();
    /// disk.cut();
    /// assert!(disk.open().is_err());
    /// ```
    pub fn cut(&self) {
        self.state().meter.dead = true;
    }

    /// How many changes and reads there were since the disk was armed.
    ///
    /// ```
    /// assert_eq!(faults::Disk::new().count(), (0, 0));
    /// ```
    #[must_use]
    pub fn count(&self) -> (u64, u64) {
        let state = self.state();
        (state.meter.changes, state.meter.reads)
    }

    /// When deletions are on the disk; [`Deletions::AtOnce`] unless this says otherwise.
    ///
    /// ```
    /// faults::Disk::new().deletions(faults::Deletions::OnceSynced);
    /// ```
    pub fn deletions(&self, deletions: Deletions) {
        self.state().folder.deletions = deletions;
    }

    /// A disk that answers to a sync and does nothing: to show that the harness would notice.
    ///
    /// ```
    /// let disk = faults::Disk::new();
    /// disk.lie();
    /// disk.open()?.execute_batch("CREATE TABLE notes(body)")?;
    /// assert_eq!(disk.reboot(faults::Survival::Nothing).files(), [(".db".to_owned(), 0)]);
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    pub fn lie(&self) {
        self.state().lies = true;
    }

    /// The files on it, each by the end of its name (`.db-journal`) and with its size.
    ///
    /// ```
    /// let disk = faults::Disk::new();
    /// disk.open()?.execute_batch("CREATE TABLE notes(body)")?;
    /// assert_eq!(disk.files(), [(".db".to_owned(), 8192)]);
    /// # Ok::<(), rusqlite::Error>(())
    /// ```
    #[must_use]
    pub fn files(&self) -> Vec<(String, usize)> {
        let state = self.state();
        let size = |(name, file): (&String, &usize)| (name.clone(), state.files[*file].content.len());
        state.folder.entries().map(size).collect()
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn delete(&self, path: &str, sync: bool) -> Result<(), c_int> {
        let (mut state, name) = (self.state(), short(path));
        let fate = state.meter.change(Change::Delete, &name);
        if matches!(fate, Fate::Done | Fate::UnderWay(_)) && !state.folder.delete(&name) {
            return Err(ffi::SQLITE_IOERR_DELETE_NOENT);
        }
        let sync = sync && !state.lies;
        done(fate).inspect(|()| {
            if sync {
                state.folder.sync()
            }
        })
    }

    /// Whether there is such a file; as on Unix, an empty one counts as none.
    pub(crate) fn access(&self, path: &str) -> Result<bool, c_int> {
        let (mut state, name) = (self.state(), short(path));
        state.meter.read(Look::Access, &name)?;
        Ok(state.folder.find(&name).is_some_and(|file| state.files[file].content.len() > 0))
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("path", &self.path).field("files", &self.files()).finish()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let name = self.path.to_string_lossy().into_owned();
        lock(&DISKS).remove(&name);
        // What the runtime locks beside the database; it stays where a run failed.
        let _ = std::fs::remove_file(format!("{name}-migrate"));
    }
}

pub(crate) fn done(fate: Fate) -> Result<(), c_int> {
    match fate {
        Fate::Done => Ok(()),
        Fate::Failed(code) | Fate::Half(code) | Fate::UnderWay(code) => Err(code),
    }
}

/// The end of a path, from `.db` on: the name of a file on its disk.
fn short(path: &str) -> String {
    path.rfind(".db").map_or(path, |at| &path[at..]).to_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
