//! An open file.

use std::os::raw::c_int;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use rusqlite::ffi;

use super::{Disk, File, State, done, short};
use crate::fault::{Change, Fate, Look};

/// What SQLite holds of a file on a [`Disk`].
pub(crate) struct Handle {
    disk: Arc<Disk>,
    file: usize,
    /// Tells the holders of locks apart.
    number: u64,
    delete_on_close: Option<String>,
    /// The first sync of a new journal syncs the folder too.
    sync_folder: bool,
}

impl Handle {
    /// Opens a file by its path, or a temporary one that has none.
    pub(crate) fn open(disk: Arc<Disk>, path: Option<&str>, flags: c_int) -> Result<Handle, c_int> {
        let mut guard = disk.state();
        let state = &mut *guard;
        let name = path.map_or_else(|| "temporary".to_owned(), short);
        let found = path.and_then(|_| state.folder.find(&name));
        let file = match found {
            Some(_) if flags & ffi::SQLITE_OPEN_EXCLUSIVE != 0 && flags & ffi::SQLITE_OPEN_CREATE != 0 => {
                return Err(ffi::SQLITE_CANTOPEN);
            }
            Some(file) => {
                state.meter.read(Look::Open, &name)?;
                file
            }
            None if flags & ffi::SQLITE_OPEN_CREATE == 0 => return Err(ffi::SQLITE_CANTOPEN),
            None => {
                let fate = state.meter.change(Change::Create, &name);
                if !matches!(fate, Fate::Failed(_)) {
                    if path.is_some() {
                        state.folder.create(&name, state.files.len());
                    }
                    state.files.push(File { name, ..File::default() });
                }
                done(fate)?;
                state.files.len() - 1
            }
        };
        state.handles += 1;
        let number = state.handles;
        let journals = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
        let sync_folder = found.is_none() && flags & journals != 0;
        let delete_on_close = path.filter(|_| flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0).map(short);
        drop(guard);
        Ok(Handle { disk, file, number, delete_on_close, sync_folder })
    }

    /// How much there was to read.
    pub(crate) fn read(&self, at: usize, into: &mut [u8]) -> Result<usize, c_int> {
        self.reading(Look::Read, |file| file.content.read(at, into))
    }

    pub(crate) fn size(&self) -> Result<usize, c_int> {
        self.reading(Look::Size, |file| file.content.len())
    }

    pub(crate) fn write(&self, at: usize, bytes: &[u8]) -> Result<(), c_int> {
        let mut guard = self.disk.state();
        let (file, fate) = self.change(&mut guard, Change::Write);
        match fate {
            Fate::Done | Fate::UnderWay(_) => file.content.write(at, bytes),
            Fate::Half(_) => file.content.write(at, &bytes[..bytes.len() / 2]),
            Fate::Failed(_) => {}
        }
        done(fate)
    }

    pub(crate) fn truncate(&self, length: usize) -> Result<(), c_int> {
        let mut guard = self.disk.state();
        let (file, fate) = self.change(&mut guard, Change::Truncate);
        if matches!(fate, Fate::Done | Fate::UnderWay(_)) {
            file.content.truncate(length);
        }
        done(fate)
    }

    pub(crate) fn sync(&mut self) -> Result<(), c_int> {
        let mut guard = self.disk.state();
        let (_, fate) = self.change(&mut guard, Change::Sync);
        done(fate)?;
        let state = &mut *guard;
        if state.lies {
            return Ok(());
        }
        state.files[self.file].content.sync();
        if std::mem::take(&mut self.sync_folder) {
            state.folder.sync();
        } else {
            state.folder.sync_file(self.file);
        }
        Ok(())
    }

    pub(crate) fn lock(&self, level: c_int) -> Result<(), c_int> {
        let taken = self.reading(Look::Lock, |file| file.locks.lock(self.number, level))?;
        if taken { Ok(()) } else { Err(ffi::SQLITE_BUSY) }
    }

    pub(crate) fn unlock(&self, level: c_int) {
        self.disk.state().files[self.file].locks.unlock(self.number, level);
    }

    pub(crate) fn is_reserved(&self) -> Result<bool, c_int> {
        self.reading(Look::CheckReserved, |file| file.locks.is_reserved())
    }

    /// `None` where there is no such region, and it is not to be made.
    pub(crate) fn shm_map(&self, region: usize, size: usize, make: bool) -> Result<Option<NonNull<AtomicU64>>, c_int> {
        let mut guard = self.disk.state();
        if make && !guard.files[self.file].shm.has(region) {
            let (file, fate) = self.change(&mut guard, Change::ShmGrow);
            done(fate)?;
            file.shm.grow(region, size);
        } else {
            self.meter_read(&mut guard, Look::ShmMap)?;
        }
        Ok(guard.files[self.file].shm.map(self.number, region))
    }

    pub(crate) fn shm_lock(&self, slots: std::ops::Range<usize>, exclusive: bool) -> Result<(), c_int> {
        let taken = self.reading(Look::ShmLock, |file| file.shm.slots.lock(self.number, slots, exclusive))?;
        if taken { Ok(()) } else { Err(ffi::SQLITE_BUSY) }
    }

    pub(crate) fn shm_unlock(&self, slots: std::ops::Range<usize>) {
        self.disk.state().files[self.file].shm.slots.unlock(self.number, slots);
    }

    /// Whoever locks the disk sees what others did before.
    pub(crate) fn barrier(&self) {
        drop(self.disk.state());
    }

    pub(crate) fn shm_unmap(&self) {
        self.disk.state().files[self.file].shm.leave(self.number);
    }

    fn reading<T>(&self, kind: Look, read: impl FnOnce(&mut File) -> T) -> Result<T, c_int> {
        let mut guard = self.disk.state();
        self.meter_read(&mut guard, kind)?;
        Ok(read(&mut guard.files[self.file]))
    }

    fn meter_read(&self, state: &mut State, kind: Look) -> Result<(), c_int> {
        state.meter.read(kind, &state.files[self.file].name)
    }

    fn change<'s>(&self, state: &'s mut State, kind: Change) -> (&'s mut File, Fate) {
        let file = &mut state.files[self.file];
        let fate = state.meter.change(kind, &file.name);
        (file, fate)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        let dead = state.meter.dead;
        if let Some(name) = self.delete_on_close.take().filter(|_| !dead) {
            state.folder.delete(&name);
        }
        let file = &mut state.files[self.file];
        file.shm.leave(self.number);
        file.locks.unlock(self.number, ffi::SQLITE_LOCK_NONE);
    }
}
