//! A store whose threads panic, or whose database loses its name.

use super::*;
use crate::store::conformance::{RECENT, event};

const GENERAL: RoomId = RoomId(1);

#[tokio::test]
async fn a_writer_that_panics_refuses_every_write_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), "e", Run(1), UnixMillis(0)).expect("it opens");
    let health = store.health();
    let fault = store.write(|_| -> Result<(), StoreError> { panic!("a fault of the test") });
    let behind = store.append(event(UserId(0), 2, "queued behind it"));
    assert_eq!(fault.await, Err(StoreError::Ended));
    assert_eq!(behind.await, Err(StoreError::Ended));
    assert_eq!(*health.borrow(), Health::Ended);
    assert_eq!(store.append(event(UserId(0), 3, "later")).await, Err(StoreError::Ended));
    assert_eq!(store.history(GENERAL, None, HistoryBounds::page(10)).await.expect("read").items, [], "reads go on");
    assert_eq!(store.room_state(GENERAL, RECENT).await.expect("rooms open").recent, []);
    assert_eq!(store.close().await, Err(StoreError::Ended));
    assert_eq!(store.append(event(UserId(0), 4, "closed")).await, Err(StoreError::Ended));
}

#[tokio::test]
async fn a_read_that_panics_takes_no_other_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), "e", Run(1), UnixMillis(0)).expect("it opens");
    for _ in 0..5 {
        let fault = store.read(|_| -> Result<(), StoreError> { panic!("a fault of the test") });
        assert_eq!(fault.await, Err(StoreError::Ended));
    }
    assert_eq!(store.history(GENERAL, None, HistoryBounds::page(10)).await.expect("read").items, []);
}

#[tokio::test]
async fn a_write_into_a_database_that_lost_its_name_is_refused_until_it_is_back() {
    let root = tempfile::tempdir().expect("a folder");
    let (data, away) = (root.path().join("data"), root.path().join("away"));
    let store = SqliteStore::open(&data, "e", Run(1), UnixMillis(0)).expect("it opens");
    store.append(event(UserId(0), 1, "kept")).await.expect("added");
    std::fs::rename(&data, &away).expect("moved");
    // At once: no look of the watch is waited for.
    assert_eq!(store.append(event(UserId(0), 2, "lost")).await, Err(StoreError::Displaced));
    assert_eq!(*store.health().borrow(), Health::Displaced);
    assert_eq!(
        store.history(GENERAL, None, HistoryBounds::page(10)).await.expect("read").items.len(),
        1,
        "reads go on"
    );
    std::fs::rename(&away, &data).expect("moved back");
    let mut health = store.health();
    let watch = tokio::spawn(store.watch());
    health.wait_for(|health| health.is_writable()).await.expect("watched");
    watch.abort();
    store.append(event(UserId(0), 2, "kept again")).await.expect("added");
    assert_eq!(store.history(GENERAL, None, HistoryBounds::page(10)).await.expect("read").items.len(), 2);
}

/// Keeps the writer busy until the sender is dropped, so that what is asked for meanwhile shares a transaction.
fn hold(store: &SqliteStore) -> (std::sync::mpsc::Sender<()>, StoreReply<()>) {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = parking_lot::Mutex::new(held);
    let holding = store.write(move |_| {
        let _ = held.lock().recv();
        Ok(())
    });
    (release, holding)
}

#[tokio::test]
async fn a_write_that_fails_midway_leaves_no_trace_and_takes_no_other_of_its_transaction_with_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path(), "e", Run(1), UnixMillis(0)).expect("it opens");
    let (release, holding) = hold(&store);
    let (first, last) = (store.append(event(UserId(0), 2, "before")), store.append(event(UserId(0), 4, "behind")));
    let midway = store.write(|c| {
        items::append(c, &event(UserId(0), 3, "half"))?;
        Err::<(), _>(StoreError::NotFound)
    });
    let duplicate = store.append(event(UserId(0), 2, "before"));
    drop(release);
    holding.await.expect("held");
    assert_eq!(midway.await, Err(StoreError::NotFound));
    let kept = [first.await.expect("added"), last.await.expect("added"), duplicate.await.expect("known")];
    assert_eq!(kept.map(|kept| (kept.seq.0, kept.is_duplicate)), [(2, false), (4, false), (2, true)]);
    let found = store.history(GENERAL, None, HistoryBounds::page(10)).await.expect("read").items;
    assert_eq!(found.iter().map(|item| item.seq.0).collect::<Vec<_>>(), [4, 2]);
    assert!(store.figures().batch_writes.counts.iter().sum::<u64>() <= 2, "they shared a transaction");
}

/// Overwrites the first page of a table.
fn damage(folder: &Path, table: &str) {
    use std::os::unix::fs::FileExt;
    let path = folder.join("chat.db");
    let database = Connection::open(&path).expect("a database");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    let page: u32 = database.query_row(root, [table], |row| row.get(0)).expect("a table");
    drop(database);
    let file = std::fs::File::options().write(true).open(&path).expect("opened");
    file.write_all_at(&[0x5a; 4_096], u64::from(page - 1) * 4_096).expect("written");
}

#[tokio::test]
async fn a_damaged_page_is_noted_by_whatever_meets_it_and_writes_elsewhere_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || SqliteStore::open(folder.path(), "e", Run(1), UnixMillis(0)).expect("it opens");
    let store = open();
    let ana =
        store.create_account("ana".parse().expect("a name"), "hash".into(), UnixMillis(0)).await.expect("made").id;
    store.append(event(UserId(0), 1, "in the damaged page")).await.expect("added");
    store.close().await.expect("closed");
    drop(store);
    damage(folder.path(), "item");
    for is_read in [true, false] {
        let store = open();
        assert_eq!(*store.health().borrow(), Health::Writable, "nobody has looked yet");
        if is_read {
            let error = store.room_state(GENERAL, RECENT).await.expect_err("damaged");
            assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        } else {
            let error = store.append(event(UserId(0), 2, "refused")).await.expect_err("damaged");
            assert!(matches!(error, StoreError::Damaged(_)), "{error:?}");
        }
        let status = store.set_status(ana, ChosenAvailability::Dnd, None).await;
        assert!(status.is_ok(), "{status:?}");
        assert_eq!(*store.health().borrow(), Health::Damaged);
        assert!(store.health().borrow().is_writable());
        drop(store.close().await);
    }
}
