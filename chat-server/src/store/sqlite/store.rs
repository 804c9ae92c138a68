//! The port, answered by SQLite: each request is one function of a table group, on the writer or on a reader.

use std::path::Path;
use std::sync::Arc;

use chat_proto::ids::{ClientKey, Epoch, RoomId, Seq, SessionId, UserId};
use chat_proto::message::{Item, Version};
use chat_proto::presence::ChosenAvailability;
use chat_proto::room::{Membership, ReadMarker, Rsvp, User};
use chat_proto::text::{RoomName, StatusText, Username};
use chat_proto::time::UnixMillis;

use tokio::sync::watch;

use super::checkpoint::Checkpoints;
use super::folder::Folder;
use super::open::{self, OpenError};
use super::readers::Readers;
use super::writer::Writer;
use super::{accounts, items, members, read_marker, rooms};
use crate::store::{
    Account, Append, Appended, Change, MemberRow, MemberState, NewRoom, NewSignIn, RefusedPost, RoomCounts, RoomState,
    SignInRow, Store, StoreError, StoreFigures, StoreReply, StoredRoom,
};

/// The database in a data folder.
#[derive(Debug)]
pub struct SqliteStore {
    epoch: Epoch,
    writer: Writer,
    readers: Readers,
    checkpoints: Arc<Checkpoints>,
    _folder: Folder,
}

impl SqliteStore {
    /// Opens the database in `folder`, made where it is missing. `new_epoch` names its life if it begins now.
    ///
    /// # Errors
    /// Where the folder is another server's or cannot be used, or the file was written by a newer server.
    pub fn open(folder: &Path, new_epoch: &str, now: UnixMillis) -> Result<Self, OpenError> {
        let folder = Folder::hold(folder)?;
        let path = folder.database();
        let (connection, epoch) = open::prepare(&path, new_epoch, now.0)?;
        let database = |source| OpenError::Database { path: path.clone(), source };
        let thread = |source| OpenError::Folder(super::FolderError::Io { path: path.clone(), source });
        let checkpoints = Checkpoints::start(path.clone()).map_err(thread)?;
        let writer = Writer::start(connection, path.clone(), Arc::clone(&checkpoints)).map_err(thread)?;
        let readers = Readers::start(&path).map_err(database)?;
        Ok(Self { epoch: Epoch(epoch.into()), writer, readers, checkpoints, _folder: folder })
    }
}

impl Store for SqliteStore {
    fn epoch(&self) -> Epoch {
        self.epoch.clone()
    }

    fn account_for_uid(&self, uid: u32, name: Username, at: UnixMillis) -> StoreReply<Account> {
        self.writer.submit(move |c| accounts::for_uid(c, uid, &name, at))
    }

    fn create_account(&self, name: Username, password: String, at: UnixMillis) -> StoreReply<Account> {
        self.writer.submit(move |c| accounts::create(c, &name, &password, at))
    }

    fn account_by_name(&self, name: Username) -> StoreReply<Option<Account>> {
        self.readers.submit(move |c| accounts::by_name(c, &name))
    }

    fn account(&self, id: UserId) -> StoreReply<Option<Account>> {
        self.readers.submit(move |c| accounts::by_id(c, id))
    }

    fn users(&self, ids: Vec<UserId>) -> StoreReply<Vec<User>> {
        self.readers.submit(move |c| accounts::users(c, &ids))
    }

    fn users_by_name(&self, names: Vec<Username>) -> StoreReply<Vec<User>> {
        self.readers.submit(move |c| accounts::users_by_name(c, &names))
    }

    fn set_password(&self, id: UserId, hash: String, keep: Option<SessionId>) -> StoreReply<Vec<SessionId>> {
        self.writer.submit(move |c| accounts::set_password(c, id, &hash, keep))
    }

    fn set_status(&self, id: UserId, chosen: ChosenAvailability, status: Option<StatusText>) -> StoreReply<()> {
        self.writer.submit(move |c| accounts::set_status(c, id, chosen, status.as_ref()))
    }

    fn set_last_seen(&self, id: UserId, at: UnixMillis) -> StoreReply<()> {
        self.writer.submit(move |c| accounts::set_last_seen(c, id, at))
    }

    fn accounts(&self, ids: Vec<UserId>) -> StoreReply<Vec<Account>> {
        self.readers.submit(move |c| accounts::by_ids(c, &ids))
    }

    fn create_sign_in(&self, sign_in: NewSignIn) -> StoreReply<SessionId> {
        self.writer.submit(move |c| accounts::create_sign_in(c, &sign_in))
    }

    fn sign_in_by_token(&self, token_hash: [u8; 32]) -> StoreReply<Option<SignInRow>> {
        self.readers.submit(move |c| accounts::sign_in_by_token(c, &token_hash))
    }

    fn revoke_sign_in(&self, id: SessionId) -> StoreReply<()> {
        self.writer.submit(move |c| accounts::revoke_sign_in(c, id))
    }

    fn create_room(&self, room: NewRoom) -> StoreReply<StoredRoom> {
        self.writer.submit(move |c| rooms::create(c, &room))
    }

    fn room(&self, id: RoomId) -> StoreReply<Option<StoredRoom>> {
        self.readers.submit(move |c| rooms::by_id(c, id))
    }

    fn rooms_by_name(&self, names: Vec<RoomName>) -> StoreReply<Vec<StoredRoom>> {
        self.readers.submit(move |c| rooms::by_names(c, &names))
    }

    fn list_rooms(&self, viewer: UserId, after: Option<RoomName>, limit: u32) -> StoreReply<Vec<(StoredRoom, bool)>> {
        self.readers.submit(move |c| rooms::list(c, viewer, after.as_ref(), limit))
    }

    fn room_state(&self, id: RoomId, ring: u32) -> StoreReply<RoomState> {
        // On the writer, behind all that was asked for before: an actor that starts must see its forerunner's end.
        self.writer.submit(move |c| rooms::state(c, id, ring))
    }

    fn close_room(&self, id: RoomId, at: UnixMillis) -> StoreReply<()> {
        self.writer.submit(move |c| rooms::close(c, id, at))
    }

    fn reserve_seqs(&self, room: RoomId, reserved_up_to: Seq) -> StoreReply<()> {
        self.writer.submit(move |c| rooms::reserve_seqs(c, room, reserved_up_to))
    }

    fn note_refused(&self, post: RefusedPost) -> StoreReply<()> {
        self.writer.submit(move |c| rooms::note_refused(c, &post))
    }

    fn room_counts(&self, room: RoomId) -> StoreReply<RoomCounts> {
        self.readers.submit(move |c| rooms::counts(c, room))
    }

    fn change_member(&self, event: Append, state: MemberState) -> StoreReply<Appended> {
        self.writer.submit(move |c| members::change(c, &event, state))
    }

    fn members(&self, room: RoomId, after: Option<Username>, limit: u32) -> StoreReply<Vec<MemberRow>> {
        self.readers.submit(move |c| members::list(c, room, after.as_ref(), limit))
    }

    fn rsvp(&self, room: RoomId, account: UserId) -> StoreReply<Rsvp> {
        self.readers.submit(move |c| members::rsvp(c, room, account))
    }

    fn rooms_of(&self, account: UserId) -> StoreReply<Vec<RoomId>> {
        self.readers.submit(move |c| members::rooms_of(c, account))
    }

    fn memberships(&self, account: UserId) -> StoreReply<Vec<Membership>> {
        self.readers.submit(move |c| members::memberships(c, account))
    }

    fn append(&self, event: Append) -> StoreReply<Appended> {
        let Some(chain) = event.chain.clone() else { return self.writer.submit(move |c| items::append(c, &event)) };
        self.writer.submit_chained(&chain, move |c| items::append(c, &event))
    }

    fn is_key_used(&self, account: UserId, key: ClientKey) -> StoreReply<bool> {
        self.readers.submit(move |c| items::is_key_used(c, account, &key))
    }

    fn change(&self, change: Change) -> StoreReply<()> {
        let checkpoints = Arc::clone(&self.checkpoints);
        self.writer.submit(move |c| {
            items::change(c, &change)?;
            checkpoints.after_erasure();
            Ok(())
        })
    }

    fn versions(&self, room: RoomId, seq: Seq) -> StoreReply<Vec<Version>> {
        self.readers.submit(move |c| items::versions(c, room, seq))
    }

    fn item(&self, room: RoomId, seq: Seq) -> StoreReply<Option<Item>> {
        self.readers.submit(move |c| items::by_seq(c, room, seq))
    }

    fn history(&self, room: RoomId, before: Option<Seq>, limit: u32) -> StoreReply<Vec<Item>> {
        self.readers.submit(move |c| items::history(c, room, before, limit))
    }

    fn changes(&self, room: RoomId, after: Seq, limit: u32) -> StoreReply<Vec<Item>> {
        self.readers.submit(move |c| items::changes(c, room, after, limit))
    }

    fn read_marker(&self, account: UserId, room: RoomId) -> StoreReply<ReadMarker> {
        self.readers.submit(move |c| members::read_marker(c, account, room))
    }

    fn set_read(&self, account: UserId, room: RoomId, seq: Seq, rewind: bool) -> StoreReply<ReadMarker> {
        self.writer.submit(move |c| read_marker::set_read(c, account, room, seq, rewind))
    }

    fn health(&self) -> watch::Receiver<bool> {
        self.writer.counters.is_keeping.subscribe()
    }

    fn figures(&self) -> StoreFigures {
        let counters = &self.writer.counters;
        StoreFigures {
            batch_writes: counters.batch_writes.distribution(),
            commit_us: counters.commit_us.distribution(),
            log_bytes: self.checkpoints.log_bytes(),
        }
    }

    fn close(&self) -> Result<(), StoreError> {
        let connection = self.writer.close();
        self.readers.close();
        self.checkpoints.close();
        let Some(connection) = connection else { return Ok(()) };
        let fold = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
        fold.map_err(super::row::failed)
    }
}
