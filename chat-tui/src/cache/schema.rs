//! The cache's file and its tables. Must not know what is read or written.
//!
//! Data that only this file holds keeps its form: the account, unsent posts, drafts, the places where rooms were left, the
//! input history, and the keys, commands and rooms that were used. The rest comes from the server, and starts empty if
//! another version of the program wrote the file.

use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::error::{CacheError, is_damage};

/// Grows with each change of the tables in [`REBUILT`] or of the values in them.
const VERSION: i64 = 4;

/// Data that only this file holds: kept whichever version wrote it.
const KEPT: &str = "
CREATE TABLE IF NOT EXISTS outbox (
    key TEXT PRIMARY KEY,
    position INTEGER NOT NULL,
    account INTEGER NOT NULL,
    owner TEXT NOT NULL,
    room INTEGER NOT NULL,
    body TEXT NOT NULL,
    code TEXT,
    is_kept INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    user INTEGER NOT NULL,
    name TEXT NOT NULL,
    epoch TEXT NOT NULL,
    seq INTEGER NOT NULL,
    open INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS draft (room INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS place (room INTEGER PRIMARY KEY, seq INTEGER NOT NULL, row INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS input (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS used_key (name TEXT PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS used_command (name TEXT PRIMARY KEY, position INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS opened_room (room INTEGER PRIMARY KEY, position INTEGER NOT NULL) STRICT;
";

/// Frees the name of an account's table of the former form, which held the user as JSON in `me`.
const SET_ASIDE: &str = "ALTER TABLE account RENAME TO former_account;";

/// Takes the account over from the former form. If its user cannot be read, the latest unsent post says whose it is: the
/// server sends the name at the next sign-in, but has no copy of an unsent post.
const TAKE_OVER: &str = "
INSERT INTO account (id, user, name, epoch, seq, open)
SELECT 1, user, coalesce(CASE WHEN json_valid(me) THEN me ->> '$.name' END, ''), epoch, seq, open
FROM (SELECT *, coalesce(
        CASE WHEN json_valid(me) THEN CAST(ltrim(me ->> '$.id', 'U') AS INTEGER) END,
        (SELECT account FROM outbox ORDER BY position DESC LIMIT 1)
    ) AS user FROM former_account)
WHERE user IS NOT NULL;
DROP TABLE former_account;
";

/// Data that the server has: rebuilt when the version changes.
const REBUILT: &str = "
DROP TABLE IF EXISTS room;
DROP TABLE IF EXISTS item;
DROP TABLE IF EXISTS person;
CREATE TABLE room (id INTEGER PRIMARY KEY, membership TEXT NOT NULL, announced INTEGER NOT NULL, cursor TEXT NOT NULL, floor INTEGER NOT NULL) STRICT;
CREATE TABLE item (room INTEGER NOT NULL, seq INTEGER NOT NULL, changed INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (room, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE person (id INTEGER PRIMARY KEY, user TEXT NOT NULL) STRICT;
";

/// Opens the file, for its owner only, and makes the tables that are missing.
pub(super) fn open(path: &Path) -> Result<Connection, CacheError> {
    let io = |source| CacheError::Io { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io)?;
    }
    // SQLite would create it readable for others; its companion files take over the mode.
    std::fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path).map_err(io)?;
    let connection = Connection::open(path)?;
    prepare(&connection).map_err(|error| match error {
        error if is_damage(&error) => CacheError::Damaged { path: path.to_owned(), source: error },
        error => CacheError::Sqlite(error),
    })?;
    Ok(connection)
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    make(connection)
}

/// Makes the tables that are missing or of another version.
pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    if is_account_of_former_form(connection)? {
        take_over_account(connection)?;
    }
    connection.execute_batch(KEPT)?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if version == VERSION {
        return Ok(());
    }
    connection.execute_batch(&format!("BEGIN IMMEDIATE; {REBUILT} PRAGMA user_version = {VERSION}; COMMIT;"))
}

fn is_account_of_former_form(connection: &Connection) -> rusqlite::Result<bool> {
    let query = "SELECT count(*) > 0 FROM pragma_table_info('account') WHERE name = 'me'";
    connection.query_row(query, [], |row| row.get(0))
}

fn take_over_account(connection: &Connection) -> rusqlite::Result<()> {
    let transaction = Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited.
    if is_account_of_former_form(&transaction)? {
        transaction.execute_batch(&format!("{SET_ASIDE} {KEPT} {TAKE_OVER}"))?;
    }
    transaction.commit()
}

/// A database in memory with all tables.
#[cfg(test)]
pub(super) fn memory() -> Connection {
    let connection = Connection::open_in_memory().expect("a database");
    make(&connection).expect("tables");
    connection
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::{RoomId, UserId};

    use super::*;
    use crate::app::ServerKey;
    use crate::cache::restore;

    /// A file of version 1, whose rooms and items have other field names.
    const VERSION_1: &str = r#"
CREATE TABLE outbox (key TEXT PRIMARY KEY, position INTEGER NOT NULL, account INTEGER NOT NULL, owner TEXT NOT NULL, room INTEGER NOT NULL, body TEXT NOT NULL, code TEXT, is_kept INTEGER NOT NULL) STRICT;
CREATE TABLE account (id INTEGER PRIMARY KEY CHECK (id = 1), me TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, open INTEGER) STRICT;
CREATE TABLE room (id INTEGER PRIMARY KEY, membership TEXT NOT NULL, cursor INTEGER NOT NULL, floor INTEGER NOT NULL) STRICT;
CREATE TABLE item (room INTEGER NOT NULL, seq INTEGER NOT NULL, changed INTEGER NOT NULL, item TEXT NOT NULL, PRIMARY KEY (room, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE draft (room INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE input (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE TABLE person (id INTEGER PRIMARY KEY, user TEXT NOT NULL) STRICT;
INSERT INTO outbox VALUES ('k-1', 1, 5, 'run', 1, 'not sent yet', NULL, 0);
INSERT INTO account VALUES (1, '{"id":"U5","name":"zoe"}', 'one', 3, 1);
INSERT INTO room VALUES (1, '{"room":{},"head":7,"marks":{}}', 7, 0);
INSERT INTO item VALUES (1, 7, 7, '{"seq":7,"changed":7,"at":0,"by":2,"what":{"kind":"join"}}');
INSERT INTO draft VALUES (1, 'half a thought');
INSERT INTO input VALUES (1, 'sent before');
PRAGMA user_version = 1;
"#;

    #[test]
    fn unsent_posts_drafts_and_input_of_a_former_version_are_kept() {
        let connection = Connection::open_in_memory().expect("a database");
        connection.execute_batch(VERSION_1).expect("version 1");
        make(&connection).expect("tables");
        make(&connection).expect("tables that are there already");
        let restored = restore::read(&connection, ServerKey::FIRST, "run").expect("read");
        assert_eq!(restored.me.map(|me| me.id), Some(UserId(5)));
        assert_eq!((restored.open, restored.rooms.len()), (Some(RoomId(1)), 0), "rooms come from the server");
        assert_eq!(restored.outbox.len(), 1);
        assert_eq!(restored.drafts, [(RoomId(1), "half a thought".to_owned())]);
        assert_eq!(restored.input_history, ["sent before"]);
    }

    #[test]
    fn unsent_posts_are_kept_if_the_former_account_or_its_name_cannot_be_read() {
        let me = r#"{"id":"U5","name":"zoe"}"#;
        for unreadable in ["", "{", "{}", r#"{"who":5}"#, r#"{"id":"U5","name":"no name"}"#] {
            let connection = Connection::open_in_memory().expect("a database");
            connection.execute_batch(&VERSION_1.replace(me, unreadable)).expect("version 1");
            make(&connection).expect("tables");
            let restored = restore::read(&connection, ServerKey::FIRST, "run").expect("read");
            let found = (restored.me.map(|me| me.id), restored.outbox.len());
            assert_eq!(found, (Some(UserId(5)), 1), "{unreadable}");
        }
    }
}
