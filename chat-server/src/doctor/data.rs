//! Checks the data folder: whether it is usable and private, whether its database is whole, who holds its lock, and how
//! much space is left. Must not know other checks, or change anything.

use std::path::Path;
use std::time::Duration;

use chat_proto::time::UnixMillis;
use rustix::fs::{Access, access, statvfs};

use super::check::{Check, Level};
use crate::byte_size::byte_size;
use crate::server::doubtful_days;
use crate::store::sqlite::{DatabaseFiles, Examined, FormError, examine, inspect, newest_message_at, open_to_others};

/// Warn below this much free space.
const SPACE_LOW_BYTES: u64 = 1 << 30;
/// With less than this, the database will soon refuse writes.
const SPACE_NONE_BYTES: u64 = 64 << 20;
/// A log of this size is not being checkpointed.
const LOG_LARGE_BYTES: u64 = 256 << 20;
/// The database's pages are checked for at most this long: a running server cannot shorten its log meanwhile.
const CHECK_LIMIT: Duration = Duration::from_secs(30);
/// The same where only the settings are checked.
const QUICK_CHECK_LIMIT: Duration = Duration::from_secs(1);

/// Checks a data folder as `chat-server doctor` does.
pub fn at(folder: &Path) -> Vec<Check> {
    checks(folder).0
}

/// Checks the folder. Returns whether a server is running on it.
pub(super) fn checks(folder: &Path) -> (Vec<Check>, bool) {
    let shown = folder.display();
    // A missing folder is created by the server if its nearest parent allows it.
    let Some(nearest) = folder.ancestors().find(|path| path.exists()) else {
        let advice = "name a folder that can be made with --data";
        return (vec![Check::fail("data folder", format!("{shown}: nothing of its path is there"), advice)], false);
    };
    let mut checks = vec![usable(folder, nearest)];
    checks.extend(space(nearest));
    if nearest != folder {
        return (checks, false);
    }
    checks.extend(privacy(folder));
    let files = inspect(folder);
    checks.push(database(&files, &examine(folder, CHECK_LIMIT)));
    checks.push(match &files.holder {
        Some(holder) => Check::ok("held by", format!("{holder}: a server runs on it")).word("holder", holder),
        None => Check::ok("held by", "nobody; a server can start"),
    });
    (checks, files.holder.is_some())
}

/// Finds what keeps a server from using the folder; tries to write there, for permissions alone do not tell.
pub(crate) fn data_problems(folder: &Path) -> Vec<String> {
    let nearest = folder.ancestors().find(|path| path.exists()).unwrap_or(folder);
    let mut found = vec![usable(folder, nearest)];
    if found[0].level < Level::Fail {
        found.extend(unwritable(nearest));
    }
    if nearest == folder {
        found.push(database(&inspect(folder), &examine(folder, QUICK_CHECK_LIMIT)));
    }
    let failed = found.into_iter().filter(|check| check.level == Level::Fail);
    failed.map(|check| format!("server.data: {}; {}", check.message, check.advice.unwrap_or_default())).collect()
}

/// Makes a folder and removes it again.
fn unwritable(nearest: &Path) -> Option<Check> {
    let probe = nearest.join(format!(".chat-check-{}", std::process::id()));
    let error = std::fs::create_dir(&probe).and_then(|()| std::fs::remove_dir(&probe)).err()?;
    let advice = "name a folder that the server may write with --data";
    Some(Check::fail("data folder", format!("nothing can be written in {}: {error}", nearest.display()), advice))
}

/// Reports a clock far ahead of the newest message; `None` if there is none to compare with.
pub(super) fn time(folder: &Path, keep_days: u32, now: UnixMillis) -> Option<Check> {
    let newest = newest_message_at(folder)?;
    let Some(days) = doubtful_days(Some(newest), now) else {
        return Some(Check::ok("time", "the clock agrees with the newest message"));
    };
    let found =
        format!("the clock is {days} days ahead of the newest message; keep_days = {keep_days} does not count them");
    let advice = "set the clock; if it is right, stop the server and remove old messages with `prune --before DATE`";
    Some(Check::warn("time", found, advice).count("ahead_days", days))
}

fn usable(folder: &Path, nearest: &Path) -> Check {
    let advice = "give it to the user the server runs as (chown), or name another with --data";
    let shown = folder.display();
    if !nearest.is_dir() {
        return Check::fail("data folder", format!("{} is no folder", nearest.display()), "name another with --data");
    }
    if let Err(error) = access(nearest, Access::READ_OK | Access::WRITE_OK | Access::EXEC_OK) {
        return Check::fail("data folder", format!("{} cannot be written: {error}", nearest.display()), advice);
    }
    if nearest != folder {
        return Check::ok("data folder", format!("{shown} is not there yet; the server makes it"));
    }
    for name in ["chat.db", "chat.db-wal", "lock"] {
        let path = folder.join(name);
        if let Err(error) = access(&path, Access::READ_OK | Access::WRITE_OK)
            && path.exists()
        {
            return Check::fail("data folder", format!("{} cannot be written: {error}", path.display()), advice);
        }
    }
    Check::ok("data folder", format!("{shown} can be written"))
}

fn space(nearest: &Path) -> Option<Check> {
    let found = statvfs(nearest).ok()?;
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let found = format!("{} free", byte_size(free));
    let advice = "make room: when there is none, messages are refused (nothing that was acknowledged is lost)";
    let check = match free {
        ..SPACE_NONE_BYTES => Check::fail("free space", found, advice),
        SPACE_NONE_BYTES..SPACE_LOW_BYTES => Check::warn("free space", found, advice),
        SPACE_LOW_BYTES.. => Check::ok("free space", found),
    };
    Some(check.count("free_bytes", free))
}

/// Reports permissions that let other users in. They are worth a word only: a folder may be shared on purpose.
fn privacy(folder: &Path) -> Option<Check> {
    let open = open_to_others(folder);
    if open.is_empty() {
        return None;
    }
    let found = open.iter().map(|(path, mode)| format!("{} has mode {mode:04o}", path.display()));
    let found = found.collect::<Vec<_>>().join(", ");
    Some(Check::warn("data privacy", found, "take the rights of group and others away: chmod go-rwx"))
}

fn database(files: &DatabaseFiles, examined: &Result<Examined, FormError>) -> Check {
    let name = "database file";
    let (database, log) = (files.database_bytes.unwrap_or(0), files.log_bytes.unwrap_or(0));
    let found = format!("{}, log {}", byte_size(database), byte_size(log));
    let check = match examined {
        Err(form @ FormError::TooNew { .. }) => Check::fail(
            name,
            form.to_string(),
            "use that server's version, or restore a backup made before the upgrade",
        ),
        Err(form @ (FormError::Unreadable { .. } | FormError::Io { .. })) => {
            Check::fail(name, form.to_string(), "run doctor as the user the server runs as")
        }
        Err(form @ FormError::DamagedItems { .. }) => {
            let advice = "the server goes on and shows them as damaged; a backup made before has their texts";
            Check::fail(name, form.to_string(), advice)
        }
        Err(form) => {
            let advice = "restore a backup (`restore FILE --force` keeps what is there in a folder beside it)";
            Check::fail(name, form.to_string(), advice)
        }
        Ok(Examined::Nothing) => return Check::ok(name, "not there yet; the server makes it"),
        Ok(Examined::Whole | Examined::Part) if log > LOG_LARGE_BYTES => {
            Check::warn(name, found, "the log is not folded into the file; see the server's log, then restart it")
        }
        Ok(Examined::Whole) => Check::ok(name, format!("{found}; all of it was checked")),
        Ok(Examined::Part) => {
            let checked = format!("{found}; no damage found within {} s", CHECK_LIMIT.as_secs());
            Check::ok(name, format!("{checked} (a backup checks all of it)"))
        }
    };
    check.count("database_bytes", database).count("log_bytes", log)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_not_there_can_be_made_and_a_file_is_no_folder() {
        let folder = tempfile::tempdir().expect("a folder");
        let (found, is_running) = checks(&folder.path().join("a/b"));
        assert!(!is_running && found[0].message.contains("not there yet"), "{found:?}");
        let file = folder.path().join("file");
        std::fs::write(&file, "").expect("written");
        assert_eq!(checks(&file.join("data")).0[0].level, Level::Fail);
    }

    #[test]
    fn a_log_that_only_grows_is_worth_a_word() {
        let files = DatabaseFiles { database_bytes: Some(1), log_bytes: Some(LOG_LARGE_BYTES + 1), holder: None };
        assert_eq!(database(&files, &Ok(Examined::Whole)).level, Level::Warn);
    }
}
