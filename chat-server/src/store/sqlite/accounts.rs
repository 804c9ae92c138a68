//! Accounts and sign-ins. Must not know rooms or passwords' hashes.

use chat_proto::ids::{SessionId, UserId};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::User;
use chat_proto::text::{StatusText, Username};
use chat_proto::time::UnixMillis;
use rusqlite::{Connection, params, params_from_iter};

use super::error;
use super::row::{self, ACCOUNT, all, execute, one, sql};
use crate::store::{Account, NewSignIn, SignInRow, StoreError};
use crate::stored;

/// Names tried for a user of this machine if the first one is taken.
const SUFFIXES: u32 = 1000;

pub(super) fn for_uid(c: &Connection, uid: u32, name: &Username, at: UnixMillis) -> Result<Account, StoreError> {
    let query = format!("SELECT {ACCOUNT} FROM account WHERE os_uid = ?1");
    if let Some(found) = one(c, &query, [uid], row::account)? {
        return Ok(found);
    }
    for suffix in 1..SUFFIXES {
        let candidate = if suffix == 1 { Some(name.clone()) } else { with_suffix(name, suffix) };
        let Some(candidate) = candidate else { continue };
        match insert(c, &candidate, Some(uid), None, at) {
            Err(StoreError::NameTaken { .. }) => {}
            other => return other,
        }
    }
    Err(StoreError::name_taken())
}

/// `ana` → `ana2`; a long name loses its end.
fn with_suffix(name: &Username, suffix: u32) -> Option<Username> {
    let suffix = suffix.to_string();
    let keep = chat_proto::limits::NAME_MAX_CHARS - suffix.len();
    let base: String = name.as_str().chars().take(keep).collect();
    format!("{base}{suffix}").parse().ok()
}

pub(super) fn create(c: &Connection, name: &Username, password: &str, at: UnixMillis) -> Result<Account, StoreError> {
    insert(c, name, None, Some(password), at)
}

fn insert(
    c: &Connection,
    name: &Username,
    uid: Option<u32>,
    password: Option<&str>,
    at: UnixMillis,
) -> Result<Account, StoreError> {
    let auto = stored::availability_to_word(ChosenAvailability::Auto);
    let values = params![name.as_str(), name.skeleton(), uid, password, auto, at.0];
    let insert = "INSERT INTO account (name, skeleton, os_uid, password, availability, created_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    // `os_uid` is unique, too, but the caller has just looked for it on this connection, the only one that writes.
    let id = c.prepare_cached(insert)?.insert(values).map_err(error::of_naming)?;
    Ok(Account { is_new: true, ..by_id(c, UserId(id.max(0) as u64))?.ok_or(StoreError::NotFound)? })
}

pub(super) fn exist(c: &Connection) -> Result<bool, StoreError> {
    Ok(one(c, "SELECT 1 FROM account LIMIT 1", [], |_| Ok(()))?.is_some())
}

pub(super) fn by_id(c: &Connection, id: UserId) -> Result<Option<Account>, StoreError> {
    one(c, &format!("SELECT {ACCOUNT} FROM account WHERE id = ?1"), [sql(id.0)], row::account)
}

pub(super) fn by_name(c: &Connection, name: &Username) -> Result<Option<Account>, StoreError> {
    one(c, &format!("SELECT {ACCOUNT} FROM account WHERE name = ?1"), [name.as_str()], row::account)
}

pub(super) fn by_ids(c: &Connection, ids: &[UserId]) -> Result<Vec<Account>, StoreError> {
    let (placeholders, count) = row::placeholders(ids.len());
    let query = format!("SELECT {ACCOUNT} FROM account WHERE id IN ({placeholders})");
    let padded = ids.iter().map(|id| sql(id.0)).chain(std::iter::repeat(0)).take(count);
    all(c, &query, params_from_iter(padded), row::account)
}

pub(super) fn users(c: &Connection, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
    Ok(by_ids(c, ids)?.iter().map(Account::user).collect())
}

pub(super) fn users_by_name(c: &Connection, names: &[Username]) -> Result<Vec<User>, StoreError> {
    let (placeholders, count) = row::placeholders(names.len());
    let query = format!("SELECT {ACCOUNT} FROM account WHERE name IN ({placeholders})");
    let padded = names.iter().map(Username::as_str).chain(std::iter::repeat("")).take(count);
    Ok(all(c, &query, params_from_iter(padded), row::account)?.iter().map(Account::user).collect())
}

pub(super) fn set_password(
    c: &Connection,
    id: UserId,
    hash: &str,
    keep: Option<SessionId>,
) -> Result<Vec<SessionId>, StoreError> {
    execute(c, "UPDATE account SET password = ?2 WHERE id = ?1", params![sql(id.0), hash])?;
    let delete = "DELETE FROM session WHERE account = ?1 AND id <> ?2 RETURNING id";
    let keep = keep.map_or(0, |session| sql(session.0));
    all(c, delete, [sql(id.0), keep], |row| Ok(SessionId(row::number(row, 0)?)))
}

pub(super) fn set_status(
    c: &Connection,
    id: UserId,
    chosen: ChosenAvailability,
    status: Option<&StatusText>,
) -> Result<(), StoreError> {
    let values = params![sql(id.0), stored::availability_to_word(chosen), status.map(StatusText::as_str)];
    execute(c, "UPDATE account SET availability = ?2, status = ?3 WHERE id = ?1", values).map(drop)
}

pub(super) fn set_last_seen(c: &Connection, id: UserId, at: UnixMillis) -> Result<(), StoreError> {
    execute(c, "UPDATE account SET last_seen = ?2 WHERE id = ?1", [sql(id.0), at.0]).map(drop)
}

pub(super) fn create_sign_in(c: &Connection, sign_in: &NewSignIn) -> Result<SessionId, StoreError> {
    let values = params![sql(sign_in.account.0), sign_in.token_hash, sign_in.at.0];
    let insert = "INSERT INTO session (account, token_hash, created_at) VALUES (?1, ?2, ?3)";
    Ok(SessionId(row::insert(c, insert, values)?.max(0) as u64))
}

pub(super) fn sign_in_by_token(c: &Connection, hash: &[u8; 32]) -> Result<Option<SignInRow>, StoreError> {
    let query = format!(
        "SELECT {ACCOUNT}, session.id FROM session JOIN account ON account.id = session.account WHERE token_hash = ?1"
    );
    one(c, &query, [hash], |row| Ok(SignInRow { id: SessionId(row::number(row, 7)?), account: row::account(row)? }))
}

pub(super) fn revoke_sign_in(c: &Connection, id: SessionId) -> Result<(), StoreError> {
    execute(c, "DELETE FROM session WHERE id = ?1", [sql(id.0)]).map(drop)
}
