//! what every store must do, whatever keeps it.

use std::sync::Arc;

use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::room::{Role, RoomKind, Rsvp};
use chat_proto::time::UnixMillis;

use super::sqlite::SqliteStore;
use super::{Append, ChainLink, Change, MemberState, NewRoom, RefusedPost, Revision, Store, StoreError};

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);
const GENERAL: RoomId = RoomId(1);
/// Someone who is no member.
const BEN: UserId = UserId(77);

struct Fixture {
    store: Arc<dyn Store>,
    folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(SqliteStore::open(folder.path(), "e1", NOW).expect("it opens"));
        Self { store, folder }
    }

    /// Stops the database and opens it again.
    fn reopened(self) -> Self {
        self.store.close().expect("it stops");
        let Self { store, folder } = self;
        drop(store);
        let store = Arc::new(SqliteStore::open(folder.path(), "e2", NOW).expect("it opens again"));
        Self { store, folder }
    }

    async fn ana(&self) -> UserId {
        let ana = self.store.account_for_uid(1000, "ana".parse().expect("a name"), NOW).await.expect("made");
        let joins = Append { content: Content::Join, ..event(ana.id, 1, "-") };
        self.store.change_member(joins, MemberState::Joins(Role::Member)).await.expect("joined");
        ana.id
    }

    /// Whether the bytes of `marker` stand in any file of the folder.
    fn holds(&self, marker: &str) -> bool {
        let files = std::fs::read_dir(self.folder.path()).expect("readable");
        files
            .filter_map(|file| std::fs::read(file.ok()?.path()).ok())
            .any(|bytes| bytes.windows(marker.len()).any(|window| window == marker.as_bytes()))
    }
}

fn event(by: UserId, seq: u64, body: &str) -> Append {
    let key = Some(format!("key-{seq}").parse().expect("a key"));
    let message = Message { key, ..Message::plain(body.parse().expect("a body")) };
    Append { room: GENERAL, seq: Seq(seq), at: NOW, by, content: Content::Message(message), chain: None }
}

fn body(item: &Item) -> &str {
    match &item.content {
        Content::Message(message) => message.body.as_str(),
        _ => "",
    }
}

#[tokio::test]
async fn a_repeated_key_returns_the_first_number_and_adds_nothing() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    let first = fixture.store.append(event(ana, 2, "hello")).await.expect("added");
    assert!(!first.is_duplicate);
    let again = Append { seq: Seq(3), ..event(ana, 2, "hello") };
    let second = fixture.store.append(again).await.expect("known");
    assert_eq!((second.seq, second.is_duplicate), (Seq(2), true));
    let other = Append { seq: Seq(3), ..event(ana, 2, "another text") };
    assert_eq!(fixture.store.append(other).await, Err(StoreError::KeyReused));
    assert_eq!(fixture.store.history(GENERAL, None, 10).await.expect("read").len(), 2, "the join and one message");
}

#[tokio::test]
async fn a_write_that_fails_takes_none_of_its_batch_along() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    let writes: Vec<_> = (0..50)
        .map(|n| {
            // Every fifth takes a number that is taken.
            let seq = if n % 5 == 4 { 2 } else { 10 + n };
            let key = Some(format!("k{n}").parse().expect("a key"));
            let message = Message { key, ..Message::plain("x".parse().expect("a body")) };
            fixture.store.append(Append {
                room: GENERAL,
                seq: Seq(seq),
                at: NOW,
                by: ana,
                content: Content::Message(message),
                chain: None,
            })
        })
        .collect();
    let mut kept = 0;
    for write in writes {
        kept += usize::from(write.await.is_ok());
    }
    assert_eq!(kept, 41, "one of the ten that share a number, and the forty others");
}

#[tokio::test]
async fn behind_a_refused_write_of_a_chain_none_is_kept() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    fixture.store.append(event(ana, 2, "hello")).await.expect("added");
    let (first, other) = (ChainLink::default(), ChainLink::default());
    let (second, third) = (first.next(), first.next().next());
    let chained = |seq, link: &ChainLink| Append { chain: Some(link.clone()), ..event(ana, seq, "x") };
    // The second takes a key that stands for another text.
    let reused = Append { seq: Seq(4), chain: Some(second), ..event(ana, 2, "another text") };
    let writes = [chained(3, &first), reused, chained(5, &third), chained(6, &other)];
    let mut answers = Vec::new();
    for answer in writes.map(|write| fixture.store.append(write)) {
        answers.push(answer.await.map(|appended| appended.seq));
    }
    let broken = Err(StoreError::ChainBroken);
    assert_eq!(answers, [Ok(Seq(3)), Err(StoreError::KeyReused), broken.clone(), Ok(Seq(6))]);
    assert_eq!(fixture.store.append(chained(7, &third.next())).await.map(|appended| appended.seq), broken);
    assert_eq!(fixture.store.history(GENERAL, None, 10).await.expect("read").len(), 4);
}

#[tokio::test]
async fn what_a_member_answered_is_known_however_long_ago() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    assert_eq!(fixture.store.rsvp(GENERAL, ana).await, Ok(Rsvp::default()));
    let answers = Append { content: Content::Rsvp { answer: Rsvp::Attending }, ..event(ana, 2, "-") };
    fixture.store.change_member(answers, MemberState::Answers(Rsvp::Attending)).await.expect("kept");
    assert_eq!(fixture.store.rsvp(GENERAL, ana).await, Ok(Rsvp::Attending));
    assert_eq!(fixture.store.rsvp(GENERAL, UserId(99)).await, Ok(Rsvp::default()));
}

#[tokio::test]
async fn the_rooms_of_an_account_are_those_of_its_memberships_in_their_order() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    let named = |name: &str| NewRoom { name: name.parse().expect("a name"), ..room_of(ana, RoomKind::Public) };
    let mut made = Vec::new();
    for name in ["ops", "builds", "elsewhere"] {
        made.push(fixture.store.create_room(named(name)).await.expect("made").room.id);
    }
    let change = async |room, seq, content, state| {
        fixture.store.change_member(Append { room, content, ..event(ana, seq, "-") }, state).await.expect("kept");
    };
    for room in &made[..2] {
        change(*room, 1, Content::Join, MemberState::Joins(Role::Member)).await;
    }
    assert_eq!(fixture.store.rooms_of(ana).await, Ok(vec![made[1], GENERAL, made[0]]));
    let memberships = fixture.store.memberships(ana).await.expect("read");
    assert_eq!(memberships.iter().map(|m| m.room.id).collect::<Vec<_>>(), [made[1], GENERAL, made[0]]);
    change(made[1], 2, Content::Leave, MemberState::Leaves).await;
    assert_eq!(fixture.store.rooms_of(ana).await, Ok(vec![GENERAL, made[0]]));
    assert_eq!(fixture.store.rooms_of(BEN).await, Ok(Vec::new()));
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_reopening_with_the_same_epoch() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    for seq in 2..40 {
        fixture.store.append(event(ana, seq, "kept")).await.expect("added");
    }
    let fixture = fixture.reopened();
    assert_eq!(&*fixture.store.epoch().0, "e1");
    let state = fixture.store.room_state(GENERAL, 256).await.expect("there");
    assert_eq!((state.room.head, state.recent.len(), state.is_whole), (Seq(39), 39, true));
    assert!(state.recent.is_sorted_by_key(|item| item.changed));
}

#[tokio::test]
async fn a_number_that_was_reserved_is_never_given_again() {
    let fixture = Fixture::new();
    fixture.store.reserve_seqs(GENERAL, Seq(64)).await.expect("kept");
    fixture.store.reserve_seqs(GENERAL, Seq(10)).await.expect("never lowered");
    let state = fixture.reopened().store.room_state(GENERAL, 256).await.expect("there");
    assert_eq!(state.reserved_up_to, Seq(64));
}

#[tokio::test]
async fn a_refused_post_is_known_by_its_number_until_nothing_can_be_left_of_it() {
    let fixture = Fixture::new();
    let refused =
        |seq, at: UnixMillis, life_ms| RefusedPost { room: GENERAL, seq: Seq(seq), at, until: at.plus_ms(life_ms) };
    for (seq, life_ms) in [(7, 5_000), (9, 1_000), (7, 5_000)] {
        fixture.store.note_refused(refused(seq, NOW, life_ms)).await.expect("kept");
    }
    let fixture = fixture.reopened();
    let state = fixture.store.room_state(GENERAL, 256).await.expect("there");
    assert_eq!(state.refused, [Seq(7), Seq(9)]);
    fixture.store.note_refused(refused(12, NOW.plus_ms(1_000), 1_000)).await.expect("kept");
    let state = fixture.store.room_state(GENERAL, 256).await.expect("there");
    assert_eq!(state.refused, [Seq(7), Seq(12)]);
}

#[tokio::test]
async fn edits_and_deletions_leave_nothing_of_the_text_behind() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    let first = event(ana, 2, "zanzibarsecret one");
    fixture.store.append(first.clone()).await.expect("added");
    assert!(fixture.holds("zanzibarsecret"), "the test looks in the right place");
    let edited = Content::Message(Message::plain("zanzibarsecret two".parse().expect("a body")));
    let change = |revision, changed, content| {
        let item = Item { seq: Seq(2), changed: Seq(changed), content, ..first.item() };
        Change { room: GENERAL, revision, item, at: NOW }
    };
    fixture.store.change(change(Revision::Edit, 3, edited)).await.expect("edited");
    let changes = fixture.store.changes(GENERAL, Seq(2), 10).await.expect("read");
    assert_eq!(
        changes.iter().map(|item| (item.seq.0, item.changed.0, body(item))).collect::<Vec<_>>(),
        [(2, 3, "zanzibarsecret two")]
    );
    let gone = Content::Deleted { deleted_at: NOW, deleted_by: ana };
    fixture.store.change(change(Revision::Delete, 4, gone.clone())).await.expect("deleted");
    assert_eq!(fixture.store.change(change(Revision::Delete, 5, gone)).await, Err(StoreError::NotFound));
    // The promise is a minute; this is how long a test waits for it.
    let limit = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while fixture.holds("zanzibarsecret") {
        assert!(std::time::Instant::now() < limit, "the deleted text is still in the folder");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn unread_counts_persistent_messages_after_the_mark_and_the_mark_only_grows() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    for seq in 2..12 {
        fixture.store.append(event(BEN, seq, "x")).await.expect("added");
    }
    let read_marker = fixture.store.memberships(ana).await.expect("read")[0].read_marker;
    assert_eq!((read_marker.read_seq, read_marker.unread), (Seq(1), 10));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(8), false).await.expect("moved");
    assert_eq!((read_marker.read_seq, read_marker.unread), (Seq(8), 3));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(4), false).await.expect("not moved back");
    assert_eq!(read_marker.read_seq, Seq(8));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(4), true).await.expect("moved back");
    assert_eq!((read_marker.read_seq, read_marker.unread), (Seq(4), 7));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(999), false).await.expect("at the end");
    assert_eq!((read_marker.read_seq, read_marker.unread), (Seq(11), 0));
    // Her own message leaves nothing unread; behind another's it does not make that one read.
    fixture.store.append(event(ana, 12, "x")).await.expect("added");
    let read_marker = fixture.store.read_marker(ana, GENERAL).await.expect("a member");
    assert_eq!((read_marker.read_seq, read_marker.unread), (Seq(12), 0));
    fixture.store.append(event(BEN, 13, "x")).await.expect("added");
    fixture.store.append(event(ana, 14, "x")).await.expect("added");
    assert_eq!(fixture.store.read_marker(ana, GENERAL).await.expect("a member").unread, 2);
    assert_eq!(fixture.store.read_marker(BEN, GENERAL).await, Err(StoreError::NotFound));
}

#[tokio::test]
async fn who_is_named_follows_edits_and_deletions() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    let named =
        |mentions: &[UserId]| Message { mentions: mentions.to_vec(), ..Message::plain("x".parse().expect("a body")) };
    let first = Append { content: Content::Message(named(&[ana])), ..event(BEN, 2, "x") };
    fixture.store.append(first.clone()).await.expect("added");
    let mentions = async || fixture.store.read_marker(ana, GENERAL).await.expect("a member").mentions;
    assert_eq!(mentions().await, 1);
    let change = |changed, revision, content| Change {
        room: GENERAL,
        revision,
        item: Item { changed: Seq(changed), content, ..first.item() },
        at: NOW,
    };
    fixture.store.change(change(3, Revision::Edit, Content::Message(named(&[])))).await.expect("edited");
    assert_eq!(mentions().await, 0);
    fixture.store.change(change(4, Revision::Edit, Content::Message(named(&[ana])))).await.expect("edited");
    assert_eq!(mentions().await, 1);
    let texts: Vec<_> = fixture.store.versions(GENERAL, Seq(2)).await.expect("read");
    assert_eq!(texts.len(), 2);
    assert_eq!(fixture.store.room_counts(GENERAL).await.expect("read").messages, 1);
    let gone = Content::Deleted { deleted_at: NOW, deleted_by: BEN };
    fixture.store.change(change(5, Revision::Delete, gone)).await.expect("deleted");
    assert_eq!(mentions().await, 0);
    assert_eq!(
        fixture.store.read_marker(ana, GENERAL).await.expect("a member").unread,
        0,
        "there is nothing to be read"
    );
    assert_eq!(fixture.store.memberships(ana).await.expect("read")[0].read_marker.unread, 0);
    assert_eq!(fixture.store.is_key_used(BEN, "key-2".parse().expect("a key")).await, Ok(false), "it carried none");
    assert_eq!(fixture.store.versions(GENERAL, Seq(2)).await, Ok(Vec::new()));
    assert_eq!(fixture.store.room_counts(GENERAL).await.expect("read").messages, 0);
}

fn room_of(by: UserId, kind: RoomKind) -> NewRoom {
    NewRoom {
        kind,
        name: "hush".parse().expect("a name"),
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: true,
        by,
        at: NOW,
    }
}

#[tokio::test]
async fn a_closed_private_room_opens_again_for_its_maker_only() {
    let fixture = Fixture::new();
    let ana = fixture.ana().await;
    let made = fixture.store.create_room(room_of(ana, RoomKind::Private)).await.expect("made");
    fixture.store.close_room(made.room.id, NOW).await.expect("closed");
    for other in [room_of(BEN, RoomKind::Public), room_of(BEN, RoomKind::Private), room_of(ana, RoomKind::Public)] {
        assert_eq!(fixture.store.create_room(other).await.map(|room| room.room.id), Err(StoreError::NameTaken));
    }
    let again = fixture.store.create_room(room_of(ana, RoomKind::Private)).await.expect("hers");
    assert_eq!(again.room.id, made.room.id);
}

#[tokio::test]
async fn a_user_of_the_machine_has_one_account_and_a_taken_name_gets_a_suffix() {
    let fixture = Fixture::new();
    let name = || "ana".parse().expect("a name");
    let first = fixture.store.account_for_uid(1000, name(), NOW).await.expect("made");
    let again = fixture.store.account_for_uid(1000, name(), NOW).await.expect("found");
    let other = fixture.store.account_for_uid(1001, name(), NOW).await.expect("made");
    assert_eq!((first.id, first.is_new, again.is_new), (again.id, true, false));
    assert_eq!(other.name.as_str(), "ana2");
    let taken = fixture.store.create_account("ANA".parse().expect("a name"), "hash".into(), NOW).await;
    assert_eq!(taken.map(|account| account.id), Err(StoreError::NameTaken));
}

#[tokio::test]
async fn a_folder_belongs_to_one_server() {
    let fixture = Fixture::new();
    let second = SqliteStore::open(fixture.folder.path(), "e", NOW).expect_err("held");
    assert!(second.to_string().contains(&format!("pid {}", std::process::id())), "{second}");
}
