//! SQLite's memory, of which an allocation can be made to fail: counted for each thread by itself.

use std::cell::Cell;
use std::os::raw::{c_int, c_void};
use std::sync::OnceLock;

use rusqlite::{Connection, ffi};

/// Which allocations fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failing {
    None,
    /// One, and the next is fine again.
    At(u64),
    /// All from one on.
    From(u64),
}

thread_local! {
    static FAILING: Cell<Failing> = const { Cell::new(Failing::None) };
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

/// Begins to count this thread's allocations anew.
pub(crate) fn arm(failing: Failing) {
    FAILING.set(failing);
    COUNT.set(0);
    FAILED.set(false);
}

/// Ends it; whether one has failed, and how many there were.
pub(crate) fn disarm() -> (bool, u64) {
    FAILING.set(Failing::None);
    (FAILED.get(), COUNT.get())
}

/// Puts it in its place; before anything else is done with SQLite.
pub(crate) fn install() {
    static INSTALLED: OnceLock<c_int> = OnceLock::new();
    let code = INSTALLED.get_or_init(|| {
        let mut system = EMPTY;
        // SAFETY: with this option SQLite writes its own table of functions to the pointer.
        let code = unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_GETMALLOC, &raw mut system) };
        assert_eq!(code, ffi::SQLITE_OK);
        if let (Some(malloc), Some(realloc)) = (system.xMalloc, system.xRealloc) {
            let _ = SYSTEM.set(System { malloc, realloc });
        }
        let ours = ffi::sqlite3_mem_methods { xMalloc: Some(malloc), xRealloc: Some(realloc), ..system };
        // SAFETY: with this option SQLite copies the table; its functions live as long as the program.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MALLOC, &raw const ours) }
    });
    assert_eq!(*code, ffi::SQLITE_OK, "SQLite was in use before");
}

/// What SQLite would allocate with.
struct System {
    malloc: unsafe extern "C" fn(c_int) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, c_int) -> *mut c_void,
}

static SYSTEM: OnceLock<System> = OnceLock::new();

const EMPTY: ffi::sqlite3_mem_methods = ffi::sqlite3_mem_methods {
    xMalloc: None,
    xFree: None,
    xRealloc: None,
    xSize: None,
    xRoundup: None,
    xInit: None,
    xShutdown: None,
    pAppData: std::ptr::null_mut(),
};

/// Lets a connection take every piece of memory from here, small ones too.
pub(crate) fn take_all(conn: &Connection) {
    let none = std::ptr::null_mut::<c_void>();
    // SAFETY: the handle lives as long as the connection; with this option come a pointer and two numbers.
    let code = unsafe { ffi::sqlite3_db_config(conn.handle(), ffi::SQLITE_DBCONFIG_LOOKASIDE, none, 0, 0) };
    assert_eq!(code, ffi::SQLITE_OK, "lookaside memory is in use");
}

fn fails() -> bool {
    let now = COUNT.get() + 1;
    COUNT.set(now);
    let fails = match FAILING.get() {
        Failing::None => false,
        Failing::At(at) => at == now,
        Failing::From(from) => from <= now,
    };
    FAILED.set(FAILED.get() || fails);
    fails
}

unsafe extern "C" fn malloc(size: c_int) -> *mut c_void {
    match SYSTEM.get() {
        // SAFETY: SQLite's own function, with SQLite's argument.
        Some(system) if !fails() => unsafe { (system.malloc)(size) },
        _ => std::ptr::null_mut(),
    }
}

unsafe extern "C" fn realloc(block: *mut c_void, size: c_int) -> *mut c_void {
    match SYSTEM.get() {
        // SAFETY: SQLite's own function, with SQLite's arguments.
        Some(system) if !fails() => unsafe { (system.realloc)(block, size) },
        _ => std::ptr::null_mut(),
    }
}
