//! The disks as SQLite's VFS: a table of C functions over [`Handle`].

mod file;

use std::ffi::{CStr, c_char, c_int};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

use rusqlite::ffi;

use crate::disk::{Disk, Handle};
use crate::random::Random;
use file::File;

/// What the VFS is registered as.
pub(crate) const NAME: &CStr = c"faults";

/// Registers the VFS, once in a process.
pub(crate) fn register() -> rusqlite::Result<()> {
    static CODE: OnceLock<c_int> = OnceLock::new();
    let code = *CODE.get_or_init(|| {
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<File>() as c_int,
            mxPathname: 1024,
            pNext: std::ptr::null_mut(),
            zName: NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: None,
            xGetLastError: None,
            xCurrentTimeInt64: Some(current_time),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: SQLite keeps the table, which is leaked and so there for ever, and links it by `pNext`, which nobody
        // else touches.
        unsafe { ffi::sqlite3_vfs_register(vfs, 0) }
    });
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(rusqlite::Error::SqliteFailure(ffi::Error::new(code), Some("the VFS cannot be registered".to_owned())))
    }
}

/// What SQLite gets back.
fn code(result: Result<(), c_int>) -> c_int {
    result.err().unwrap_or(ffi::SQLITE_OK)
}

/// # Safety
///
/// Null, or a C string that outlives what is done with the result.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: not null, and so a C string, as the caller promises.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

unsafe extern "C" fn open(
    _: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    into: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands in null or a C string that outlives the file.
    let path = unsafe { text(name) };
    let opened = path
        .map_or_else(Disk::last, Disk::of)
        .ok_or(ffi::SQLITE_CANTOPEN)
        .and_then(|disk| Handle::open(disk, path, flags));
    let (methods, handle, result) = match opened {
        Ok(handle) => (&raw const file::METHODS, Box::into_raw(Box::new(handle)), ffi::SQLITE_OK),
        Err(code) => (std::ptr::null(), std::ptr::null_mut(), code),
    };
    // SAFETY: `into` has room for `szOsFile` bytes, aligned for pointers; null methods say that it was not opened.
    unsafe { into.cast::<File>().write(File { base: ffi::sqlite3_file { pMethods: methods }, handle }) };
    if !flags_out.is_null() {
        // SAFETY: not null, and so a place for the flags.
        unsafe { flags_out.write(flags) };
    }
    result
}

unsafe extern "C" fn delete(_: *mut ffi::sqlite3_vfs, name: *const c_char, sync: c_int) -> c_int {
    // SAFETY: SQLite hands in a C string.
    let path = unsafe { text(name) };
    let Some((path, disk)) = path.and_then(|path| Some((path, Disk::of(path)?))) else {
        return ffi::SQLITE_IOERR_DELETE;
    };
    code(disk.delete(path, sync != 0))
}

unsafe extern "C" fn access(_: *mut ffi::sqlite3_vfs, name: *const c_char, _: c_int, out: *mut c_int) -> c_int {
    // SAFETY: SQLite hands in a C string.
    let path = unsafe { text(name) };
    let there = path.and_then(|path| Some((path, Disk::of(path)?))).map_or(Ok(false), |(path, disk)| disk.access(path));
    // SAFETY: SQLite hands in a place for the answer.
    code(there.map(|there| unsafe { out.write(c_int::from(there)) }))
}

/// Paths are absolute as they come.
unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite hands in a C string.
    let length = unsafe { CStr::from_ptr(name) }.count_bytes() + 1;
    if length > room as usize {
        return ffi::SQLITE_CANTOPEN;
    }
    // SAFETY: `out` has room for so many bytes, the NUL at the end included, and is not part of the name.
    unsafe { std::ptr::copy_nonoverlapping(name, out, length) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, room: c_int, out: *mut c_char) -> c_int {
    // SAFETY: SQLite hands in a buffer of that size.
    let out = unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), room as usize) };
    let mut random = Random::new(7);
    out.iter_mut().for_each(|byte| *byte = random.next() as u8);
    room
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::sleep(Duration::from_micros(microseconds as u64));
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    const UNIX_EPOCH_IN_JULIAN_MILLISECONDS: i64 = 210_866_760_000_000;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // SAFETY: SQLite hands in a place for the answer.
    unsafe { out.write(UNIX_EPOCH_IN_JULIAN_MILLISECONDS + since.as_millis() as i64) };
    ffi::SQLITE_OK
}
