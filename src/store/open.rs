//! Opening the database: making it, bringing an older one up to date, and working from memory where nothing can be
//! written.

use std::fs;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};

use super::{Store, StoreError};
use crate::files::private_folder;

/// The version of the schema: `PRAGMA user_version`. A new version adds a step to [`migrate`].
const VERSION: i64 = 2;

/// `LtPs`, so that `file` and we can tell a store from any other database.
const APPLICATION: i64 = 0x4c74_5073;

/// How long another process may write before we give up.
const PATIENCE: Duration = Duration::from_secs(30);

impl Store {
    /// Opens the store in a file, or makes it, with its folder; both are readable by their owner only.
    ///
    /// ```
    /// use letterpress::store::Store;
    /// let folder = tempfile::tempdir()?;
    /// let store = Store::open(&folder.path().join(".letterpress/shop.sqlite"))?;
    /// assert!(!store.is_in_memory());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Write`] where the file cannot be made or written; [`StoreError::Newer`], [`StoreError::Broken`],
    /// [`StoreError::Busy`].
    pub fn open(path: &Path) -> Result<Store, StoreError> {
        if let Some(folder) = path.parent() {
            private_folder(folder).map_err(|source| StoreError::Write {
                path: folder.to_owned(),
                reason: source.to_string(),
            })?;
        }
        let connect = || -> Result<Connection, StoreError> {
            let is_new = !path.exists();
            let mut connection = Connection::open(path)?;
            if is_new {
                close_to_others(path);
            }
            connection.busy_timeout(PATIENCE)?;
            if connection.is_readonly("main")? {
                return Err(StoreError::Write {
                    path: path.to_owned(),
                    reason: "the file is read-only".to_owned(),
                });
            }
            if is_new {
                // An event has some 500 bytes: of larger pages there are fewer, which a long transaction has to find again.
                connection.pragma_update(None, "page_size", 8192)?;
            }
            // Asked even where it is set already: a file system that cannot be written to says so here.
            patiently(|| connection.pragma_update(None, "journal_mode", "wal"))?;
            prepare(&mut connection)?;
            Ok(connection)
        };
        let connection = connect().map_err(|error| error.of(Some(path)))?;
        Ok(Store::new(connection, Some(path)))
    }

    /// A store that is gone with its process.
    ///
    /// # Errors
    /// There is no memory.
    pub fn in_memory() -> Result<Store, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        prepare(&mut connection)?;
        Ok(Store::new(connection, None))
    }

    /// A copy, in memory, of the store in a file that can be read but not written; an empty one where there is no file.
    ///
    /// # Errors
    /// As [`Store::open`], but for writing.
    pub fn copy_in_memory(path: &Path) -> Result<Store, StoreError> {
        if !path.exists() {
            return Store::in_memory();
        }
        let copy = || -> Result<Connection, StoreError> {
            // Immutable: without it SQLite wants to make files beside this one.
            let address = format!("file:{}?immutable=1", uri_path(path));
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let from = Connection::open_with_flags(address, flags)?;
            let mut connection = Connection::open_in_memory()?;
            {
                let backup = rusqlite::backup::Backup::new(&from, &mut connection)?;
                backup.run_to_completion(i32::MAX, Duration::ZERO, None)?;
            }
            prepare(&mut connection)?;
            Ok(connection)
        };
        let connection = copy().map_err(|error| error.of(Some(path)))?;
        Ok(Store::new(connection, None))
    }

    fn new(connection: Connection, path: Option<&Path>) -> Store {
        Store {
            connection: Mutex::new(connection),
            path: path.map(Path::to_owned),
            folder: None,
            bulk_from: 32 << 20,
            goods: OnceLock::new(),
            metrics: OnceLock::new(),
        }
    }
}

/// SQLite waits for nobody when the way of its journal changes: of several processes that make a store at once, all but one
/// would be told that it is busy.
fn patiently(
    mut change: impl FnMut() -> Result<(), rusqlite::Error>,
) -> Result<(), rusqlite::Error> {
    let begin = Instant::now();
    loop {
        match change() {
            Err(error)
                if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy)
                    && begin.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            other => return other,
        }
    }
}

fn prepare(connection: &mut Connection) -> Result<(), StoreError> {
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "synchronous", "normal")?;
    // What is forgotten is gone from the file, not only from its index.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "cache_size", -(32 << 10))?;
    connection.pragma_update(None, "temp_store", "memory")?;
    migrate(connection)
}

fn version(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Brings the schema up to this version, each step in a transaction of its own.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if version(connection)? == VERSION {
        return Ok(());
    }
    let transaction =
        connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Another process may have been faster.
    let found = version(&transaction)?;
    let path = std::path::PathBuf::new();
    if found > VERSION {
        let known = VERSION;
        return Err(StoreError::Newer { path, found, known });
    }
    if (1..VERSION).contains(&found) {
        let reason = "it has the form of a version that was never released".to_owned();
        return Err(StoreError::Broken { path, reason });
    }
    if found == 0 {
        let tables: i64 =
            transaction.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
        if tables > 0 {
            let reason = "it holds tables of something else".to_owned();
            return Err(StoreError::Broken { path, reason });
        }
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.execute_batch(include_str!("schema.sql"))?;
        transaction.execute_batch(include_str!("event_indexes.sql"))?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

/// A path as it stands in a URI.
fn uri_path(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut uri = String::new();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => {
                uri.push(byte as char);
            }
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(unix)]
fn close_to_others(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // Where this cannot be done the folder keeps others out.
    let _ = fs::set_permissions(path, fs::Permissions::from_mode(0o600));
}

#[cfg(not(unix))]
fn close_to_others(_: &Path) {}
