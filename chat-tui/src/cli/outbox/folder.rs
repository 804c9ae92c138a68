//! The files of one profile's waiting posts: bounded in number, bytes and age. Must not know servers.

use std::fs::{File, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chat_proto::time::UnixMillis;

use super::post::{OutboxPost, Refusal};
use crate::text::{io_reason, short_digest};

/// The most posts of a profile that wait.
pub(super) const POSTS_MAX: usize = 1_000;
/// The most bytes their files take.
const BYTES_MAX: u64 = 16 << 20;
/// How long one waits.
const AGE_MAX_MS: i64 = 7 * 24 * 3_600 * 1_000;

/// A file that is this old and not whole belongs to a write that was killed.
const UNFINISHED_AGE_MS: i64 = 3_600 * 1_000;

/// Why a post cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum OutboxError {
    /// A file cannot be used.
    #[error("cannot use {path}: {}", io_reason(source))]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// Too much waits already.
    #[error("the outbox is full ({posts} posts, {} KiB); `chat outbox` shows it, `chat outbox drop --all` empties it", bytes >> 10)]
    Full {
        /// The posts in it.
        posts: usize,
        /// Their bytes.
        bytes: u64,
    },
}

/// The waiting posts of one profile.
#[derive(Clone, Debug)]
pub(in crate::cli) struct OutboxFolder {
    path: PathBuf,
}

/// A post's file.
struct Stored {
    path: PathBuf,
    since: UnixMillis,
    bytes: u64,
}

impl Stored {
    fn is_expired(&self, now: UnixMillis) -> bool {
        now.0 - self.since.0 >= AGE_MAX_MS
    }
}

impl OutboxFolder {
    /// The folder for a profile under `state`; it need not exist.
    pub fn of(state: &Path, profile: &str) -> Self {
        Self { path: state.join("outbox").join(short_digest(profile.as_bytes(), 8)) }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps a post. It is on disk when this returns.
    ///
    /// # Errors
    /// [`OutboxError::Full`] if there is no room for it.
    pub fn store(&self, post: &OutboxPost) -> Result<(), OutboxError> {
        self.create().map_err(|source| self.io(source))?;
        // Two that store at once must not go over the bounds together.
        let _storing = self.lock_file("storing").and_then(|file| file.lock().map(|()| file));
        let text = serde_json::to_vec(post).expect("invariant: a post has string keys");
        let files = self.files(post.stored_at);
        let bytes = files.iter().map(|file| file.bytes).sum::<u64>();
        if files.len() >= POSTS_MAX || bytes + text.len() as u64 > BYTES_MAX {
            return Err(OutboxError::Full { posts: files.len(), bytes });
        }
        self.write(post, &text).map_err(|source| self.io(source))
    }

    /// Keeps a stored post as refused.
    ///
    /// # Errors
    /// If it cannot be written; then it waits on.
    pub fn refuse(&self, post: &OutboxPost, refusal: Refusal) -> Result<OutboxPost, OutboxError> {
        let refused = OutboxPost { refusal: Some(refusal), ..post.clone() };
        let text = serde_json::to_vec(&refused).expect("invariant: a post has string keys");
        self.write(&refused, &text).map_err(|source| self.io(source))?;
        if file_name(post) != file_name(&refused) {
            self.remove(post);
        }
        Ok(refused)
    }

    /// Removes a post; it may be gone already.
    pub fn remove(&self, post: &OutboxPost) {
        let _ = std::fs::remove_file(self.path.join(file_name(post)));
    }

    /// Returns all posts that have not waited too long, oldest first, each read when it is its turn. Files that are not posts
    /// are passed over.
    pub fn posts(&self, now: UnixMillis) -> impl Iterator<Item = OutboxPost> + use<> {
        let files = self.files(now).into_iter();
        files.filter_map(|file| serde_json::from_slice(&std::fs::read(file.path).ok()?).ok())
    }

    /// Whether any post is there that waits, or, with `refused_too`, that was refused. One look at the folder.
    pub fn has_any(&self, refused_too: bool) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return false };
        let mut kinds = entries.filter_map(|entry| kind(&entry.ok()?.path()));
        kinds.any(|kind| kind == Kind::Waiting || refused_too)
    }

    /// Takes the sender's lock, so that nobody else sends; `None` if somebody does.
    pub fn lock_sending(&self) -> Option<File> {
        let file = self.lock_file("sending").ok()?;
        match file.try_lock() {
            // Where there are no locks, two may send the same post: its key makes it one.
            Ok(()) | Err(TryLockError::Error(_)) => Some(file),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn create(&self) -> std::io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)
    }

    fn lock_file(&self, name: &str) -> std::io::Result<File> {
        File::options().write(true).create(true).truncate(false).mode(0o600).open(self.path.join(name))
    }

    /// Removes the posts that have waited too long and returns them, and removes what a killed write left.
    pub fn take_expired(&self, now: UnixMillis) -> Vec<OutboxPost> {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return Vec::new() };
        let (mut files, mut left) = (Vec::new(), Vec::new());
        for entry in entries.flatten() {
            match stored(&entry) {
                Some(file) if file.is_expired(now) => files.push(file),
                None if is_unfinished(&entry, now) => left.push(entry.path()),
                Some(_) | None => {}
            }
        }
        for path in left {
            let _ = std::fs::remove_file(path);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let taken = files.into_iter().filter_map(|file| {
            let text = std::fs::read(&file.path);
            // Of two that take it at once, one reports it.
            std::fs::remove_file(&file.path).ok()?;
            serde_json::from_slice(&text.ok()?).ok()
        });
        taken.collect()
    }

    /// The posts' files that are not too old, oldest first.
    fn files(&self, now: UnixMillis) -> Vec<Stored> {
        let Ok(entries) = std::fs::read_dir(&self.path) else { return Vec::new() };
        let files = entries.filter_map(|entry| stored(&entry.ok()?));
        let mut files: Vec<Stored> = files.filter(|file| !file.is_expired(now)).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    }

    /// Writes a new file and renames it, so that a reader finds a whole post or none.
    fn write(&self, post: &OutboxPost, text: &[u8]) -> std::io::Result<()> {
        let path = self.path.join(file_name(post));
        let new = path.with_extension("new");
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        let written = file.write_all(text).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&new, &path));
        if written.is_err() {
            let _ = std::fs::remove_file(&new);
        }
        written?;
        File::open(&self.path)?.sync_all()
    }

    fn io(&self, source: std::io::Error) -> OutboxError {
        OutboxError::Io { path: self.path.clone(), source }
    }
}

/// What a file's name says about its post, so that a look at the folder is enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Waiting,
    Refused,
}

fn file_name(post: &OutboxPost) -> String {
    let kind = if post.refusal.is_some() { "refused" } else { "waiting" };
    format!("{:014}-{}.{kind}", post.stored_at.0, post.id)
}

fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()? {
        "waiting" => Some(Kind::Waiting),
        "refused" => Some(Kind::Refused),
        _ => None,
    }
}

/// Whether this is a new file that nobody writes any more.
fn is_unfinished(entry: &std::fs::DirEntry, now: UnixMillis) -> bool {
    let path = entry.path();
    let is_new = path.extension().and_then(|extension| extension.to_str()).is_some_and(|kind| kind.starts_with("new"));
    let written = entry.metadata().and_then(|metadata| metadata.modified());
    let age_ms = |at: SystemTime| {
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        now.0 - i64::try_from(since).unwrap_or(i64::MAX)
    };
    is_new && written.is_ok_and(|at| age_ms(at) >= UNFINISHED_AGE_MS)
}

fn stored(entry: &std::fs::DirEntry) -> Option<Stored> {
    let path = entry.path();
    kind(&path)?;
    let (stored_at, _) = path.file_stem()?.to_str()?.split_once('-')?;
    let since = UnixMillis(stored_at.parse().ok()?);
    Some(Stored { since, bytes: entry.metadata().ok()?.len(), path })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cli::run_report::{RunReport, RunResult};

    const NOW: UnixMillis = UnixMillis(1_763_560_927_120);

    fn post(id: &str, stored_at: UnixMillis, output_bytes: usize) -> OutboxPost {
        let report = RunReport::new(&["true".to_owned()], RunResult::ExitStatus(0), stored_at, 5);
        OutboxPost {
            id: id.to_owned(),
            room: "#ops".to_owned(),
            key: id.parse().expect("a key"),
            profile: "work".to_owned(),
            token: None,
            stored_at,
            refusal: None,
            report: report.with_output("x".repeat(output_bytes).as_bytes(), 0),
        }
    }

    fn ids(folder: &OutboxFolder, now: UnixMillis) -> Vec<String> {
        folder.posts(now).map(|post| post.id).collect()
    }

    #[test]
    fn posts_are_kept_in_order_and_apart_by_profile_until_they_are_a_week_old() {
        let state = tempfile::tempdir().expect("a folder");
        let (work, home) = (OutboxFolder::of(state.path(), "work"), OutboxFolder::of(state.path(), "home"));
        assert!(!work.has_any(true) && work.posts(NOW).next().is_none());
        let week = UnixMillis(NOW.0 + AGE_MAX_MS);
        work.store(&post("b", UnixMillis(NOW.0 + 1), 5)).expect("stored");
        work.store(&post("a", NOW, 5)).expect("stored");
        assert_eq!(ids(&work, NOW), ["a", "b"]);
        assert_eq!(work.posts(NOW).next(), Some(post("a", NOW, 5)));
        assert!(!home.has_any(true));
        assert_eq!(ids(&work, week), ["b"]);
        let expired: Vec<_> = work.take_expired(week).into_iter().map(|post| post.id).collect();
        assert_eq!(expired, ["a"], "it is handed out, to be reported");
        assert_eq!((work.take_expired(week), ids(&work, NOW)), (Vec::new(), vec!["b".to_owned()]));
        work.remove(&post("b", UnixMillis(NOW.0 + 1), 5));
        assert!(!work.has_any(true));
    }

    #[test]
    fn what_a_killed_write_left_is_removed_after_an_hour() {
        let state = tempfile::tempdir().expect("a folder");
        let folder = OutboxFolder::of(state.path(), "work");
        folder.create().expect("made");
        let names = ["00000000000001-a.new", "rooms.new-17"];
        for name in names {
            let file = File::create(folder.path.join(name)).expect("made");
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_millis(NOW.0.unsigned_abs())).expect("dated");
        }
        let are_there = || names.map(|name| folder.path.join(name).exists());
        assert_eq!(folder.take_expired(UnixMillis(NOW.0 + UNFINISHED_AGE_MS - 1)), Vec::new());
        assert_eq!(are_there(), [true, true], "somebody may be writing");
        assert_eq!(folder.take_expired(UnixMillis(NOW.0 + UNFINISHED_AGE_MS)), Vec::new());
        assert_eq!(are_there(), [false, false]);
    }

    #[test]
    fn an_outbox_takes_no_more_than_its_bounds() {
        let state = tempfile::tempdir().expect("a folder");
        let folder = OutboxFolder::of(state.path(), "work");
        folder.create().expect("made");
        for n in 0..POSTS_MAX {
            std::fs::write(folder.path.join(format!("{:014}-{n}.waiting", NOW.0)), "{}").expect("written");
        }
        let full = folder.store(&post("a", NOW, 5)).expect_err("too many").to_string();
        assert!(full.contains("1000 posts"), "{full}");
        let large = OutboxFolder::of(state.path(), "large");
        large.create().expect("made");
        let file = File::create(large.path.join(format!("{:014}-x.waiting", NOW.0))).expect("made");
        file.set_len(BYTES_MAX - 10).expect("grown");
        assert!(matches!(large.store(&post("a", NOW, 5)), Err(OutboxError::Full { .. })));
    }

    #[test]
    fn one_sends_at_a_time_and_a_file_that_is_no_post_is_passed_over() {
        let state = tempfile::tempdir().expect("a folder");
        let folder = OutboxFolder::of(state.path(), "work");
        folder.store(&post("a", NOW, 5)).expect("stored");
        let nonsense = folder.path.join(format!("{:014}-z.waiting", NOW.0));
        std::fs::write(&nonsense, "nonsense").expect("written");
        std::fs::write(folder.path.join("rooms.json"), "{}").expect("written");
        assert_eq!(ids(&folder, UnixMillis(1)), ["a"]);
        let refusal = Refusal { code: "not_found".to_owned(), message: "No such room.".to_owned() };
        let refused = folder.refuse(&post("a", NOW, 5), refusal).expect("kept");
        assert_eq!(folder.posts(UnixMillis(1)).collect::<Vec<_>>(), [refused]);
        std::fs::remove_file(nonsense).expect("there");
        assert!(folder.has_any(true) && !folder.has_any(false), "an ordinary command has nothing to do");
        let sending = folder.lock_sending().expect("free");
        assert!(folder.lock_sending().is_none());
        drop(sending);
        assert!(folder.lock_sending().is_some());
    }
}
