//! The index that finds messages by their words. It follows the posts in transactions of its own, so that no post waits for
//! it. Must not know what a word is, or who searches.
//!
//! Everything up to a durable mark is in the index. The mark moves in the transaction that adds what lies below it, so after a
//! kill the index goes on where it was. An edit or a deletion changes the index in its own transaction, and only at or below
//! the mark: what was never added must not be removed.
//!
//! Tables whose rows SQLite moves were seen to keep copies of them (`bodies`). Whether the index's own pages keep any is not
//! known, so it holds no words but 40 bits of a keyed digest of each. Words that share one are told apart by the texts, which a
//! search looks at anyhow.

use rusqlite::{Connection, ErrorCode, params};
use sha2::{Digest, Sha256};

use super::row::{execute, one};
use crate::store::StoreError;
use crate::store::search_words::{FORM, each_word};

/// The most items that one step adds, so that posts need not wait long.
const ITEMS: i64 = 1_024;
/// The most bytes of texts that one step adds, but for the last text.
const BYTES: usize = 256 << 10;
/// The letters of a digest, five bits each. The tokenizer `ascii` ignores case.
const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Letters of a digest.
const DIGEST: usize = 8;

/// How far the index is, and its key.
struct State {
    up_to: i64,
    form: i64,
    key: Vec<u8>,
}

impl State {
    fn read(c: &Connection) -> Result<Self, StoreError> {
        let found = one(c, "SELECT up_to, form, key FROM word_index", [], |row| {
            Ok(Self { up_to: row.get(0)?, form: row.get(1)?, key: row.get(2)? })
        })?;
        found.ok_or(StoreError::NotFound)
    }

    fn holds(&self, item: i64) -> bool {
        self.form == FORM && item <= self.up_to
    }

    /// The digests of a text's words, each once.
    fn digests(&self, text: &str) -> String {
        let mut digests = Vec::new();
        each_word(text, &mut |word| digests.push(digest(&self.key, word)));
        digests.sort_unstable();
        digests.dedup();
        let mut column = String::with_capacity(digests.len() * (DIGEST + 1));
        for letter in digests.iter().flat_map(|digest| digest.iter().chain(b" ")) {
            column.push(char::from(*letter));
        }
        column
    }
}

fn digest(key: &[u8], word: &str) -> [u8; DIGEST] {
    let full = Sha256::new().chain_update(key).chain_update(word).finalize();
    let bits = full.iter().take(5).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    std::array::from_fn(|at| LETTERS[(bits >> (5 * at) & 31) as usize])
}

/// Adds the next items. Returns whether more wait.
pub(super) fn step(c: &Connection) -> Result<bool, StoreError> {
    let mut state = State::read(c)?;
    if state.form != FORM {
        clear(c)?;
        (state.up_to, state.form) = (0, FORM);
    }
    let query = "SELECT item.id, body.text FROM item LEFT JOIN body ON body.id = item.body
         WHERE item.id > ?1 ORDER BY item.id LIMIT ?2";
    let mut statement = c.prepare_cached(query)?;
    let mut rows = statement.query([state.up_to, ITEMS])?;
    let (mut items, mut bytes, before) = (0, 0, state.up_to);
    let mut written = Ok(());
    while bytes < BYTES
        && written.is_ok()
        && let Some(row) = rows.next()?
    {
        (state.up_to, items) = (row.get(0)?, items + 1);
        if let Some(text) = text_of(row, 1)? {
            bytes += text.len();
            written = write(c, ADD, (state.up_to, &state.digests(&text)));
        }
    }
    if !or_anew(c, written.and_then(|()| flush(c)))? {
        return Ok(true);
    }
    if state.up_to > before {
        execute(c, "UPDATE word_index SET up_to = ?1", [state.up_to])?;
    }
    Ok(items == ITEMS || bytes >= BYTES)
}

const ADD: &str = "INSERT INTO message_word (rowid, digests) VALUES (?1, ?2)";
const REMOVE: &str = "INSERT INTO message_word (message_word, rowid, digests) VALUES ('delete', ?1, ?2)";

/// Writes into the index, which keeps it in memory until the next [`flush`].
fn write(c: &Connection, statement: &str, (item, digests): (i64, &str)) -> rusqlite::Result<()> {
    c.prepare_cached(statement)?.execute(params![item, digests]).map(drop)
}

/// Writes into the tables of the index, as each savepoint and each commit does.
fn flush(c: &Connection) -> rusqlite::Result<()> {
    c.execute_batch("SAVEPOINT word_index; RELEASE word_index")
}

/// Empties the index if a write found it damaged, so that it begins anew: no edit or deletion may fail for it. Returns whether
/// it was whole.
fn or_anew(c: &Connection, written: rusqlite::Result<()>) -> Result<bool, StoreError> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
            tracing::warn!(%error, "the index of words is damaged; it is made anew");
            clear(c).map(|()| false)
        }
        Err(error) => Err(error.into()),
    }
}

/// A text as the index reads it: damaged bytes must not stop it.
fn text_of(row: &rusqlite::Row<'_>, at: usize) -> Result<Option<String>, StoreError> {
    let bytes = row.get_ref(at)?.as_bytes_or_null().map_err(rusqlite::Error::from)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

/// Takes the words of an item out, before its text, the row `body`, is erased or replaced.
pub(super) fn remove(c: &Connection, item: i64, body: i64) -> Result<(), StoreError> {
    let state = State::read(c)?;
    if !state.holds(item) {
        return Ok(());
    }
    let text = one(c, "SELECT text FROM body WHERE id = ?1", [body], |row| text_of(row, 0))?.flatten();
    let Some(text) = text else { return Ok(()) };
    let removed = write(c, REMOVE, (item, &state.digests(&text))).and_then(|()| flush(c));
    or_anew(c, removed).map(drop)
}

/// Adds the new text of an item whose former words were removed. An item that the index has not reached comes later.
pub(super) fn replace(c: &Connection, item: i64, text: &str) -> Result<(), StoreError> {
    let state = State::read(c)?;
    if !state.holds(item) {
        return Ok(());
    }
    let added = write(c, ADD, (item, &state.digests(text))).and_then(|()| flush(c));
    or_anew(c, added).map(drop)
}

/// Lowers the mark to the last item there is, after items were removed: the next one may get a number below it.
pub(super) fn lower_mark(c: &Connection) -> Result<(), StoreError> {
    execute(c, "UPDATE word_index SET up_to = min(up_to, (SELECT coalesce(max(id), 0) FROM item))", []).map(drop)
}

/// Empties the index, so that it begins anew.
fn clear(c: &Connection) -> Result<(), StoreError> {
    execute(c, "INSERT INTO message_word (message_word) VALUES ('delete-all')", [])?;
    execute(c, "UPDATE word_index SET up_to = 0, form = ?1", [FORM]).map(drop)
}

#[cfg(test)]
mod tests;
