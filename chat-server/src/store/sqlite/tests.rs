//! The ports' conformance suite on SQLite, and the promises that only files can show.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_proto::ids::{RoomId, Run, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::presence::ChosenAvailability;
use chat_proto::time::UnixMillis;
use rusqlite::Connection;
use tempfile::TempDir;

use super::{SqliteStore, examine, open};
use crate::store::conformance::{self, Fixture, Storage, event};
use crate::store::{Append, Change, HistoryBounds, Record, Revision, Store, StoreError};
use crate::stored::StoredError;

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);
const GENERAL: RoomId = RoomId(1);
const ANA: UserId = UserId(1);

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

impl Storage for TempDir {
    fn open(&self, epoch: &str, run: Run) -> Arc<dyn Store> {
        Arc::new(SqliteStore::open(self.path(), epoch, run, NOW).expect("it opens"))
    }
}

conformance::suite!(folder());

/// Whether the bytes of `marker` stand in any file of the folder.
fn holds(folder: &TempDir, marker: &str) -> bool {
    let files = std::fs::read_dir(folder.path()).expect("readable");
    files
        .filter_map(|file| std::fs::read(file.ok()?.path()).ok())
        .any(|bytes| bytes.windows(marker.len()).any(|window| window == marker.as_bytes()))
}

#[tokio::test]
async fn edits_and_deletions_leave_nothing_of_the_text_behind() {
    let Fixture { store, storage: folder } = &Fixture::new(folder());
    let first = event(UserId(0), 2, "zanzibarsecret one");
    store.append(first.clone()).await.expect("added");
    assert!(holds(folder, "zanzibarsecret"), "the test looks in the right place");
    let edited = Content::Message(Message::plain("zanzibarsecret two".parse().expect("a body")));
    let change = |revision, changed, content| {
        let item = Item { seq: Seq(2), changed: Seq(changed), content, ..first.item() };
        Change { room: GENERAL, revision, item, at: NOW }
    };
    store.change(change(Revision::Edit, 3, edited)).await.expect("edited");
    let gone = Content::Deleted { deleted_at: NOW, deleted_by: UserId(0) };
    store.change(change(Revision::Delete, 4, gone)).await.expect("deleted");
    // The promise is a minute; this is how long a test waits for it.
    let limit = Instant::now() + Duration::from_mins(1);
    while holds(folder, "zanzibarsecret") {
        assert!(Instant::now() < limit, "the deleted text is still in the folder");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_folder_belongs_to_one_server() {
    let fixture = Fixture::new(folder());
    let second = SqliteStore::open(fixture.storage.path(), "e", Run(9), NOW).expect_err("held");
    assert!(second.to_string().contains(&format!("pid {}", std::process::id())), "{second}");
}

#[tokio::test]
async fn a_taken_number_is_a_failure_with_its_cause_and_no_taken_name() {
    let Fixture { store, storage: _folder } = &Fixture::new(folder());
    store.append(event(UserId(0), 2, "x")).await.expect("added");
    let join = Append { content: Content::Join, ..event(UserId(0), 2, "-") };
    let error = store.append(join).await.expect_err("refused");
    assert!(matches!(error, StoreError::Failed(_)), "{error:?}");
    let line = error.with_causes();
    assert!(line.starts_with("the database could not be written or read: ") && line.contains("item.seq"), "{line}");
}

#[tokio::test]
async fn a_taken_name_keeps_the_constraint_that_found_it() {
    let Fixture { store, storage: _folder } = &Fixture::new(folder());
    let create = || store.create_account("zoe".parse().expect("a name"), "hash".into(), NOW);
    create().await.expect("made");
    let error = create().await.expect_err("taken");
    assert!(error.is_name_taken() && error.with_causes().contains("UNIQUE"), "{}", error.with_causes());
}

/// A folder with the database of a former server.
fn former() -> TempDir {
    let folder = folder();
    let database = Connection::open(folder.path().join("chat.db")).expect("a database");
    for migration in &open::MIGRATIONS[..5] {
        database.execute_batch(migration).expect("a schema");
    }
    database.execute_batch(include_str!("../../../golden/database-v1.sql")).expect("rows");
    database.pragma_update(None, "user_version", 5).expect("a version");
    folder
}

#[tokio::test]
async fn a_database_of_a_former_server_reads_and_goes_on() {
    let Fixture { store, storage: _folder } = &Fixture::new(former());
    assert_eq!(&*store.epoch().0, "ec8bb36779edb6fa");
    let accounts = store.accounts(vec![ANA, UserId(2)]).await.expect("read");
    let chosen: Vec<_> = accounts.iter().map(|account| account.availability).collect();
    assert_eq!(chosen, [ChosenAvailability::Away, ChosenAvailability::Dnd]);
    let state = store.room_state(GENERAL, conformance::RECENT).await.expect("there");
    assert_eq!((state.room.head.seq, state.reserved_up_to, state.members.len()), (Seq(10), Seq(75), 1));
    let starts: Vec<_> = state.runs.iter().map(|start| (start.head, start.given)).collect();
    assert_eq!(starts, [(Seq(0), Seq(0)), (Seq(10), Seq(75))], "what former servers wrote counts as one run");
    assert_eq!(state.room.head.run, Some(state.runs[0].run));
    let kinds: Vec<_> = state.recent.iter().map(|item| (item.seq.0, item.changed.0)).collect();
    assert_eq!(kinds, [(1, 1), (2, 2), (3, 5), (4, 6), (7, 7), (8, 8), (9, 9), (10, 10)]);
    let Content::Message(edited) = &state.recent[2].content else { panic!("a message") };
    assert_eq!((edited.mentions.as_slice(), edited.edited_at), ([ANA].as_slice(), Some(UnixMillis(1_795_281_993_844))));
    let gone = Content::Deleted { deleted_at: UnixMillis(1_795_281_993_850), deleted_by: ANA };
    assert_eq!(state.recent[3].content, gone);
    let versions = store.versions(GENERAL, Seq(3)).await.expect("read");
    assert_eq!(versions.iter().map(|version| version.body.as_str()).collect::<Vec<_>>(), ["to be edited, @ana"]);
    assert_eq!(edited.body.as_str(), "edited, @ana");
    assert_eq!(store.room_counts(GENERAL).await.expect("read").rsvp.attending, 1);
    let key = "79309d257ecc14ecb3f04a2821550d50".parse().expect("a key");
    assert_eq!(store.is_key_used(ANA, key).await, Ok(true));
    store.append(event(UserId(2), 76, "after the update")).await.expect("added");
    let marker = store.read_marker(ANA, GENERAL).await.expect("a member");
    assert_eq!((marker.read_seq, marker.unread, marker.mentions), (Seq(7), 1, 0));
    store.set_status(ANA, ChosenAvailability::Auto, None).await.expect("set");
    assert_eq!(store.account(ANA).await.expect("read").expect("there").availability, ChosenAvailability::Auto);
}

#[tokio::test]
async fn an_update_leaves_no_remains_of_texts_that_a_former_server_deleted() {
    let folder = former();
    let database = Connection::open(folder.path().join("chat.db")).expect("a database");
    let delete = "PRAGMA secure_delete = OFF;
        INSERT INTO item (room, seq, changed, at, author, ordinal, body) VALUES (1, 70, 70, 0, 1, 9, 'zanzibarsecret');
        DELETE FROM item WHERE room = 1 AND seq = 70";
    database.execute_batch(delete).expect("deleted");
    drop(database);
    assert!(holds(&folder, "zanzibarsecret"), "the test looks in the right place");
    let Fixture { store, storage: folder } = &Fixture::new(folder);
    store.close().await.expect("closed");
    assert!(!holds(folder, "zanzibarsecret"));
}

#[tokio::test]
async fn a_damaged_record_is_an_error_that_names_it_and_a_damaged_item_hides_no_other() {
    let Fixture { store, storage: folder } = &Fixture::new(former());
    let damage = |statement: &str| {
        let database = Connection::open(folder.path().join("chat.db")).expect("a database");
        database.execute_batch(statement).expect("damaged");
    };
    damage("UPDATE account SET availability = 'bus' WHERE id = 1; UPDATE member SET role = 9 WHERE room = 2");
    let word = |record, field| StoreError::unreadable(record, field, StoredError::Word);
    assert_eq!(store.account(ANA).await.map(|_| ()), Err(word(Record::Account(ANA), "availability")));
    let members = store.members(RoomId(2), None, 10).await;
    assert_eq!(members, Err(word(Record::Member(RoomId(2), ANA), "role")));
    damage("UPDATE item SET what = '{\"v\":3,\"kind\":\"poll\"}' WHERE room = 1 AND seq = 8");
    // No UTF-8, in a text and in a key; half of a form.
    damage(
        "UPDATE body SET text = CAST(X'68ff69' AS TEXT) WHERE id = (SELECT body FROM item WHERE room = 1 AND seq = 2)",
    );
    damage(
        "UPDATE item SET key = CAST(X'ff' AS TEXT) WHERE room = 1 AND seq = 3; UPDATE item SET what = '{\"v\":2' WHERE room = 1 AND seq = 7",
    );
    let damaged = |items: Vec<Item>| {
        let damaged = items.iter().filter(|item| item.content == Content::Damaged);
        (items.len(), damaged.map(|item| (item.seq.0, item.changed.0)).collect::<Vec<_>>())
    };
    let places = vec![(8, 8), (7, 7), (3, 5), (2, 2)];
    let page = store.history(GENERAL, None, HistoryBounds::page(10)).await.expect("the page");
    assert_eq!((damaged(page.items), page.joins.len()), ((7, places), 1), "and a join");
    let by_change = vec![(2, 2), (3, 5), (7, 7), (8, 8)];
    assert_eq!(damaged(store.changes(GENERAL, Seq(0), 10).await.expect("the page")), (8, by_change.clone()));
    assert_eq!(damaged(store.room_state(GENERAL, conformance::RECENT).await.expect("the room").recent), (8, by_change));
    let found = examine(folder.path(), Duration::from_mins(1)).expect_err("damaged").to_string();
    assert!(found.ends_with(": 4 damaged messages: general/2, general/3, general/7, general/8"), "{found}");
    store.append(event(UserId(2), 76, "the room goes on")).await.expect("added");
}
