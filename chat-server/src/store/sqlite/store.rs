//! The ports, answered by SQLite: each request is one function of a group of tables, on the writer or on a reader.
//! Must not hold SQL or rules.

use std::path::Path;
use std::sync::Arc;

use chat_proto::ids::{ClientKey, Epoch, RoomId, Run, Seq, SessionId, UserId};
use chat_proto::message::{Item, Version};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{Membership, ReadMarker, Role, Rsvp, User};
use chat_proto::text::{RoomName, StatusText, Username};
use chat_proto::time::UnixMillis;

use rusqlite::Connection;
use tokio::sync::watch;

use super::batch::Batch;
use super::checkpoint::Checkpoints;
use super::folder::{Folder, FolderError};
use super::health::Switch;
use super::inspect::open_to_others;
use super::open::{self, OpenError};
use super::readers::Readers;
use super::upkeep::Upkeep;
use super::whereabouts::{Named, Whereabouts};
use super::writer::{Watched, Writer};
use super::{accounts, history, items, members, read_marker, retention, room_creation, room_state, rooms, word_index};
use crate::store::{
    Account, Accounts, Append, Appended, Change, Health, HistoryBounds, Lifecycle, MemberRow, MemberState, Members,
    MessageRange, MovedMarker, NewRoom, NewSignIn, ReadMarkers, RecentBounds, RefusedChange, Retention, Revision,
    RoomCounts, RoomState, Rooms, SignInRow, StoreError, StoreFigures, StoreReply, StoredHistory, StoredRoom, Timeline,
};

/// The database in a data folder.
#[derive(Debug)]
pub struct SqliteStore {
    epoch: Epoch,
    run: Run,
    threads: Arc<Threads>,
}

/// The threads of an open database, and the folder they hold.
#[derive(Debug)]
struct Threads {
    writer: Writer,
    readers: Readers,
    watched: Watched,
    folder: Folder,
}

impl SqliteStore {
    /// Opens the database in `folder`, created if it is missing, for one run of the server. `new_epoch` names the data if
    /// they begin now.
    ///
    /// # Errors
    /// If another server holds the folder, if it cannot be used, or if something is there that is not a whole database of
    /// a version known here.
    pub fn open(folder: &Path, new_epoch: &str, run: Run, now: UnixMillis) -> Result<Self, OpenError> {
        let held = Folder::hold(folder)?;
        for (path, mode) in open_to_others(folder) {
            let (path, mode) = (path.display(), format!("{mode:04o}"));
            tracing::warn!(%path, mode, "other users of this machine can read the data; chmod go-rwx it");
        }
        let folder = held;
        let path = folder.database();
        let (connection, epoch) = open::prepare(&path, new_epoch, now.0)?;
        let database = |source| OpenError::Database { path: path.clone(), source };
        let io = |error| OpenError::Folder(FolderError::Io { path: path.clone(), error });
        let health = Arc::<Switch>::default();
        let (named, others) = (Named::now(&path).map_err(io)?, folder.named().map_err(io)?);
        let whereabouts = Arc::new(Whereabouts::new(named, others, Arc::clone(&health)));
        let checkpoints = Checkpoints::start(path.clone(), Arc::clone(&whereabouts)).map_err(io)?;
        let watched = Watched { checkpoints, health, whereabouts };
        let writer = Writer::start(connection, path.clone(), watched.clone(), (run, Upkeep::new(word_index::step)))
            .map_err(io)?;
        let readers = Readers::start(&path).map_err(database)?;
        let threads = Threads { writer, readers, watched, folder };
        Ok(Self { epoch: Epoch(epoch.into()), run, threads: Arc::new(threads) })
    }

    /// Says in the folder's lock where the server takes connections, so that clients find it through its data.
    pub fn name_addresses(&self, addresses: &[String]) {
        if let Err(error) = self.threads.folder.name_addresses(addresses) {
            tracing::warn!(%error, "the lock of the data folder cannot say where the server listens");
        }
    }

    /// Watches that the data folder and its files stay where they were opened, for ever.
    pub fn watch(&self) -> impl Future<Output = ()> + Send + 'static {
        Arc::clone(&self.threads.watched.whereabouts).watch()
    }

    fn write<T: Send + 'static>(
        &self,
        write: impl Fn(&Batch<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreReply<T> {
        self.threads.writer.submit(move |c| {
            c.settle()?;
            write(c)
        })
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> StoreReply<T> {
        let health = Arc::clone(&self.threads.watched.health);
        self.threads.readers.submit(move |c| read(c).inspect_err(|error| health.note(error)))
    }
}

impl Threads {
    /// Finishes what is queued, moves the log into the file and ends the threads.
    fn close(&self) -> Result<(), StoreError> {
        let connection = self.writer.close();
        self.readers.close();
        self.watched.checkpoints.close();
        let Some(connection) = connection else { return self.watched.health.refusal().map_or(Ok(()), Err) };
        if let Some(error) = self.watched.health.refusal() {
            return Err(error);
        }
        Ok(connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?)
    }
}

impl Accounts for SqliteStore {
    fn account_for_uid(&self, uid: u32, name: Username, at: UnixMillis) -> StoreReply<Account> {
        self.write(move |c| accounts::for_uid(c, uid, &name, at))
    }

    fn create_account(&self, name: Username, password: String, at: UnixMillis) -> StoreReply<Account> {
        self.write(move |c| accounts::create(c, &name, &password, at))
    }

    fn account_by_name(&self, name: Username) -> StoreReply<Option<Account>> {
        self.read(move |c| accounts::by_name(c, &name))
    }

    fn has_accounts(&self) -> StoreReply<bool> {
        self.read(accounts::exist)
    }

    fn account(&self, id: UserId) -> StoreReply<Option<Account>> {
        self.read(move |c| accounts::by_id(c, id))
    }

    fn accounts(&self, ids: Vec<UserId>) -> StoreReply<Vec<Account>> {
        self.read(move |c| accounts::by_ids(c, &ids))
    }

    fn users(&self, ids: Vec<UserId>) -> StoreReply<Vec<User>> {
        self.read(move |c| accounts::users(c, &ids))
    }

    fn users_by_name(&self, names: Vec<Username>) -> StoreReply<Vec<User>> {
        self.read(move |c| accounts::users_by_name(c, &names))
    }

    fn set_password(&self, id: UserId, hash: String, keep: Option<SessionId>) -> StoreReply<Vec<SessionId>> {
        self.write(move |c| accounts::set_password(c, id, &hash, keep))
    }

    fn set_status(&self, id: UserId, chosen: ChosenAvailability, status: Option<StatusText>) -> StoreReply<()> {
        self.write(move |c| accounts::set_status(c, id, chosen, status.as_ref()))
    }

    fn set_last_seen(&self, id: UserId, at: UnixMillis) -> StoreReply<()> {
        self.write(move |c| accounts::set_last_seen(c, id, at))
    }

    fn create_sign_in(&self, sign_in: NewSignIn) -> StoreReply<SessionId> {
        self.write(move |c| accounts::create_sign_in(c, &sign_in))
    }

    fn sign_in_by_token(&self, token_hash: [u8; 32]) -> StoreReply<Option<SignInRow>> {
        self.read(move |c| accounts::sign_in_by_token(c, &token_hash))
    }

    fn revoke_sign_in(&self, id: SessionId) -> StoreReply<()> {
        self.write(move |c| accounts::revoke_sign_in(c, id))
    }
}

impl Rooms for SqliteStore {
    fn create_room(&self, room: NewRoom) -> StoreReply<StoredRoom> {
        self.write(move |c| room_creation::create(c, &room))
    }

    fn room(&self, id: RoomId) -> StoreReply<Option<StoredRoom>> {
        self.read(move |c| rooms::by_id(c, id))
    }

    fn rooms_by_name(&self, names: Vec<RoomName>) -> StoreReply<Vec<StoredRoom>> {
        self.read(move |c| rooms::by_names(c, &names))
    }

    fn list_rooms(
        &self,
        viewer: UserId,
        after: Option<RoomName>,
        limit: u32,
    ) -> StoreReply<Vec<(StoredRoom, Option<Role>)>> {
        self.read(move |c| rooms::list(c, viewer, after.as_ref(), limit))
    }

    fn room_state(&self, id: RoomId, bounds: RecentBounds) -> StoreReply<RoomState> {
        let run = self.run;
        // On the writer: it sees all writes asked for before, answered or not. One that takes no writes answers none.
        match self.threads.watched.health.refusal() {
            None => self.write(move |c| room_state::read(c, id, bounds, run)),
            Some(_) => self.read(move |c| room_state::read(c, id, bounds, run)),
        }
    }

    fn room_counts(&self, room: RoomId) -> StoreReply<RoomCounts> {
        self.read(move |c| rooms::counts(c, room))
    }
}

impl Members for SqliteStore {
    fn change_member(&self, event: Append, state: MemberState) -> StoreReply<Appended> {
        self.write(move |c| members::change(c, &event, state))
    }

    fn members(&self, room: RoomId, after: Option<Username>, limit: u32) -> StoreReply<Vec<MemberRow>> {
        self.read(move |c| members::list(c, room, after.as_ref(), limit))
    }

    fn rsvp(&self, room: RoomId, account: UserId) -> StoreReply<Rsvp> {
        self.read(move |c| members::rsvp(c, room, account))
    }

    fn rooms_of(&self, account: UserId) -> StoreReply<Vec<RoomId>> {
        self.read(move |c| members::rooms_of(c, account))
    }

    fn memberships(&self, account: UserId) -> StoreReply<Vec<Membership>> {
        self.read(move |c| members::memberships(c, account))
    }
}

impl Timeline for SqliteStore {
    fn append(&self, event: Append) -> StoreReply<Appended> {
        match event.chain {
            None => self.threads.writer.submit(move |c| items::append(c, &event)),
            Some(place) => self.threads.writer.submit_chained(place, move |c| items::append(c, &event)),
        }
    }

    fn change(&self, change: Change) -> StoreReply<()> {
        let checkpoints = Arc::clone(&self.threads.watched.checkpoints);
        self.write(move |c| {
            items::change(c, &change)?;
            match change.revision {
                Revision::Edit | Revision::Delete => checkpoints.after_erasure(),
                Revision::Answer(_) => {}
            }
            Ok(())
        })
    }

    fn item(&self, room: RoomId, seq: Seq) -> StoreReply<Option<Item>> {
        self.read(move |c| items::by_seq(c, room, seq))
    }

    fn history(&self, room: RoomId, before: Option<Seq>, bounds: HistoryBounds) -> StoreReply<StoredHistory> {
        self.read(move |c| history::read(c, room, before, &bounds))
    }

    fn changes(&self, room: RoomId, after: Seq, limit: u32) -> StoreReply<Vec<Item>> {
        self.read(move |c| items::changes(c, room, after, limit))
    }

    fn versions(&self, room: RoomId, seq: Seq) -> StoreReply<Vec<Version>> {
        self.read(move |c| items::versions(c, room, seq))
    }

    fn is_key_used(&self, account: UserId, key: ClientKey) -> StoreReply<bool> {
        self.read(move |c| items::is_key_used(c, account, &key))
    }

    fn reserve_seqs(&self, room: RoomId, reserved_up_to: Seq) -> StoreReply<()> {
        self.write(move |c| rooms::reserve_seqs(c, room, reserved_up_to))
    }

    fn note_refused(&self, change: RefusedChange) -> StoreReply<()> {
        self.write(move |c| rooms::note_refused(c, &change))
    }
}

impl ReadMarkers for SqliteStore {
    fn read_marker(&self, account: UserId, room: RoomId) -> StoreReply<ReadMarker> {
        self.read(move |c| read_marker::read(c, account, room))
    }

    fn set_read(&self, account: UserId, room: RoomId, seq: Seq, rewind: bool) -> StoreReply<MovedMarker> {
        self.write(move |c| read_marker::set(c, account, room, seq, rewind))
    }
}

impl Retention for SqliteStore {
    fn newest_message_at(&self) -> StoreReply<Option<UnixMillis>> {
        self.read(retention::newest_message_at)
    }

    fn rooms_with_messages_before(&self, before: UnixMillis) -> StoreReply<Vec<RoomId>> {
        self.read(move |c| retention::rooms(c, before))
    }

    fn oldest_before(&self, room: RoomId, before: UnixMillis) -> StoreReply<Option<MessageRange>> {
        self.read(move |c| retention::oldest(c, room, before))
    }

    fn prune(&self, room: RoomId, range: MessageRange) -> StoreReply<()> {
        let checkpoints = Arc::clone(&self.threads.watched.checkpoints);
        self.write(move |c| {
            retention::prune(c, room, range)?;
            checkpoints.after_erasure();
            Ok(())
        })
    }
}

impl Lifecycle for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn run(&self) -> Run {
        self.run
    }

    fn health(&self) -> watch::Receiver<Health> {
        self.threads.watched.health.subscribe()
    }

    fn figures(&self) -> StoreFigures {
        let counters = &self.threads.writer.counters;
        StoreFigures {
            batch_writes: counters.batch_writes.distribution(),
            commit_us: counters.commit_us.distribution(),
            backlog_bytes: self.threads.watched.checkpoints.log_bytes(),
            database_bytes: self.threads.watched.checkpoints.database_bytes(),
        }
    }

    fn close(&self) -> StoreReply<()> {
        let (resolver, reply) = StoreReply::channel();
        let threads = Arc::clone(&self.threads);
        // Joining threads blocks. If no thread can be started, the resolver is dropped, and the reply is an error.
        let closing = std::thread::Builder::new().name("store-close".into());
        match closing.spawn(move || {
            let result = threads.close();
            // The folder is given back before the reply: its caller may open it again.
            drop(threads);
            resolver.resolve(result);
        }) {
            Ok(_) => reply,
            Err(error) => StoreReply::ready(Err(StoreError::failed(error))),
        }
    }
}

#[cfg(test)]
mod tests;
