//! The contract of timelines and read markers. Must not know which database it is.

use chat_proto::cursor::Cursor;
use chat_proto::ids::{Run, Seq, UserId};
use chat_proto::message::{Content, Item, Message};
use chat_proto::room::{Role, RoomKind};
use chat_proto::time::UnixMillis;

use super::{BEN, Fixture, GENERAL, NOW, RECENT, Storage, body, event, room_of};
use crate::store::{
    Append, ChainId, ChainPlace, Change, ChangeId, MemberState, MovedMarker, RefusedChange, Revision, RunStart,
    StoreError,
};

fn place(chain: u128, place: u64) -> ChainPlace {
    ChainPlace { chain: ChainId(chain), place }
}

pub(crate) async fn a_repeated_key_returns_the_first_number_and_adds_nothing(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let first = fixture.store.append(event(ana, 2, "hello")).await.expect("added");
    assert!(!first.is_duplicate);
    let again = Append { seq: Seq(3), ..event(ana, 2, "hello") };
    let second = fixture.store.append(again).await.expect("known");
    assert_eq!((second.seq, second.is_duplicate), (Seq(2), true));
    let other = Append { seq: Seq(3), ..event(ana, 2, "another text") };
    assert_eq!(fixture.store.append(other).await, Err(StoreError::KeyReused));
    assert_eq!(fixture.places(GENERAL).await, (vec![2], vec![(1, 1)]), "the join and one message");
}

pub(crate) async fn a_write_that_fails_takes_none_of_its_batch_along(fixture: Fixture<impl Storage>) {
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

pub(crate) async fn behind_a_refused_write_of_a_chain_none_is_kept(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    fixture.store.append(event(ana, 2, "hello")).await.expect("added");
    let chained = |seq, place| Append { chain: Some(place), ..event(ana, seq, "x") };
    // The second takes a key that stands for another text.
    let reused = Append { seq: Seq(4), chain: Some(place(1, 1)), ..event(ana, 2, "another text") };
    let writes = [chained(3, place(1, 0)), reused, chained(5, place(1, 2)), chained(6, place(2, 9))];
    let mut answers = Vec::new();
    for answer in writes.map(|write| fixture.store.append(write)) {
        answers.push(answer.await.map(|appended| appended.seq));
    }
    let broken = Err(StoreError::ChainBroken);
    assert_eq!(answers, [Ok(Seq(3)), Err(StoreError::KeyReused), broken.clone(), Ok(Seq(6))]);
    assert_eq!(fixture.store.append(chained(7, place(1, 3))).await.map(|appended| appended.seq), broken);
    assert_eq!(fixture.places(GENERAL).await, (vec![6, 3, 2], vec![(1, 1)]));
}

pub(crate) async fn what_was_acknowledged_is_there_after_reopening_with_the_same_epoch(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    for seq in 2..40 {
        fixture.store.append(event(ana, seq, "kept")).await.expect("added");
    }
    let fixture = fixture.reopened().await;
    assert_eq!(&*fixture.store.epoch().0, "e1");
    let state = fixture.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!((state.room.head.seq, state.recent.len(), state.is_whole), (Seq(39), 39, true));
    assert!(state.recent.is_sorted_by_key(|item| item.changed));
}

pub(crate) async fn a_number_that_was_reserved_is_never_given_again(fixture: Fixture<impl Storage>) {
    fixture.store.reserve_seqs(GENERAL, Seq(64)).await.expect("kept");
    fixture.store.reserve_seqs(GENERAL, Seq(10)).await.expect("never lowered");
    let state = fixture.reopened().await.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!(state.reserved_up_to, Seq(64));
}

pub(crate) async fn a_run_is_known_in_the_rooms_it_wrote_in_with_their_numbers_before_it(
    fixture: Fixture<impl Storage>,
) {
    let start = |run, head, given| RunStart { run: Run(run), head: Seq(head), given: Seq(given) };
    let ana = fixture.ana().await;
    let other = fixture.store.create_room(room_of(ana, RoomKind::Public)).await.expect("made").room.id;
    fixture.store.reserve_seqs(GENERAL, Seq(64)).await.expect("kept");
    // The second run reads, and refuses a write: it has given no number.
    let fixture = fixture.reopened().await;
    fixture.store.append(event(ana, 1, "taken")).await.expect_err("refused");
    let fixture = fixture.reopened().await;
    let state = fixture.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!(state.runs, [start(1, 0, 0), start(3, 1, 64)]);
    assert_eq!(state.room.head, Cursor { run: Some(Run(1)), seq: Seq(1), persistent: Seq(1) });
    fixture.store.append(event(ana, 65, "a first write")).await.expect("added");
    fixture.store.append(event(ana, 66, "a second one")).await.expect("added");
    let fixture = fixture.reopened().await;
    let state = fixture.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!(state.runs, [start(1, 0, 0), start(3, 1, 64), start(4, 66, 66)]);
    let memberships = fixture.store.memberships(ana).await.expect("read");
    assert_eq!(memberships[0].head, Cursor { run: Some(Run(3)), seq: Seq(66), persistent: Seq(66) });
    let untouched = fixture.store.room_state(other, RECENT).await.expect("there");
    assert_eq!(untouched.runs, [start(1, 0, 0), start(4, 1, 1)]);
}

pub(crate) async fn a_refused_change_is_known_by_its_numbers_until_nothing_can_be_left_of_it(
    fixture: Fixture<impl Storage>,
) {
    let (post, edit) = (ChangeId::post, |changed, seq| ChangeId { changed: Seq(changed), seq: Seq(seq) });
    let refused = |id, at: UnixMillis, life_ms| RefusedChange { room: GENERAL, id, at, until: at.plus_ms(life_ms) };
    for (id, life_ms) in [(post(Seq(7)), 5_000), (edit(9, 3), 1_000), (edit(9, 7), 5_000), (post(Seq(7)), 5_000)] {
        fixture.store.note_refused(refused(id, NOW, life_ms)).await.expect("kept");
    }
    let fixture = fixture.reopened().await;
    let state = fixture.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!(state.refused, [edit(9, 3), post(Seq(7)), edit(9, 7)]);
    fixture.store.note_refused(refused(post(Seq(12)), NOW.plus_ms(1_000), 1_000)).await.expect("kept");
    let state = fixture.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!(state.refused, [post(Seq(7)), edit(9, 7), post(Seq(12))]);
}

pub(crate) async fn unread_counts_persistent_messages_after_the_mark_and_the_mark_only_grows(
    fixture: Fixture<impl Storage>,
) {
    let ana = fixture.ana().await;
    for seq in 2..12 {
        fixture.store.append(event(BEN, seq, "x")).await.expect("added");
    }
    let read_marker = fixture.store.memberships(ana).await.expect("read")[0].read_marker.clone();
    assert_eq!((read_marker.read_seq, read_marker.unread), (Seq(1), 10));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(8), false).await.expect("moved");
    assert_eq!((marker(&read_marker), read_marker.has_moved), ((8, 3), true));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(4), false).await.expect("not moved back");
    assert_eq!((marker(&read_marker), read_marker.has_moved), ((8, 3), false));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(4), true).await.expect("moved back");
    assert_eq!((marker(&read_marker), read_marker.has_moved), ((4, 7), true));
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(999), false).await.expect("at the end");
    assert_eq!(marker(&read_marker), (11, 0));
    assert_eq!(read_marker.read_marker.counted_to, Seq(11));
    // The head may be an ephemeral message's, of which the database knows only that its number is reserved.
    fixture.store.reserve_seqs(GENERAL, Seq(20)).await.expect("reserved");
    let read_marker = fixture.store.set_read(ana, GENERAL, Seq(18), false).await.expect("moved");
    assert_eq!(marker(&read_marker), (18, 0));
    assert_eq!(fixture.store.read_marker(BEN, GENERAL).await, Err(StoreError::NotFound));
}

fn marker(moved: &MovedMarker) -> (u64, u32) {
    (moved.read_marker.read_seq.0, moved.read_marker.unread)
}

pub(crate) async fn own_messages_are_never_unread_and_move_no_read_marker(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let read_marker = async || {
        let read_marker = fixture.store.read_marker(ana, GENERAL).await.expect("a member");
        assert_eq!(fixture.store.memberships(ana).await.expect("read")[0].read_marker, read_marker);
        (read_marker.read_seq.0, read_marker.unread, read_marker.mentions)
    };
    let own_mention = Message { mentions: vec![ana], ..Message::plain("me, @ana".parse().expect("a body")) };
    fixture.store.append(Append { content: Content::Message(own_mention), ..event(ana, 2, "-") }).await.expect("added");
    assert_eq!(read_marker().await, (1, 0, 0));
    for seq in 3..=7 {
        let by = if seq == 5 { BEN } else { ana };
        fixture.store.append(event(by, seq, "x")).await.expect("added");
    }
    assert_eq!(read_marker().await, (1, 1, 0), "one of six is another's");
    // Wherever the marker stands: before, between and behind her own messages.
    for (seq, unread) in [(3, 1), (4, 1), (5, 0), (6, 0), (7, 0), (1, 1)] {
        fixture.store.set_read(ana, GENERAL, Seq(seq), true).await.expect("moved");
        assert_eq!(read_marker().await, (seq, unread, 0));
    }
    let deleted = async |first: Append, changed| {
        let content = Content::Deleted { deleted_at: NOW, deleted_by: first.by };
        let item = Item { changed: Seq(changed), content, ..first.item() };
        let change = Change { room: GENERAL, revision: Revision::Delete, item, at: NOW };
        fixture.store.change(change).await.expect("deleted");
    };
    deleted(event(ana, 4, "x"), 8).await;
    assert_eq!(read_marker().await.1, 1, "her own was not counted before");
    deleted(event(BEN, 5, "x"), 9).await;
    assert_eq!(read_marker().await.1, 0);
    // Who comes back counts on: what was posted before is still one's own.
    let leaves = Append { content: Content::Leave, ..event(ana, 10, "-") };
    fixture.store.change_member(leaves, MemberState::Leaves).await.expect("left");
    fixture.store.append(event(BEN, 11, "x")).await.expect("added");
    let joins = Append { content: Content::Join, ..event(ana, 12, "-") };
    fixture.store.change_member(joins, MemberState::Joins(Role::Member)).await.expect("joined");
    assert_eq!(read_marker().await, (12, 0, 0));
    fixture.store.append(event(ana, 13, "x")).await.expect("added");
    fixture.store.set_read(ana, GENERAL, Seq(2), true).await.expect("moved");
    assert_eq!(read_marker().await, (2, 1, 0));
}

pub(crate) async fn who_is_named_follows_edits_and_deletions(fixture: Fixture<impl Storage>) {
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

pub(crate) async fn a_chain_breaks_over_rooms_and_only_behind_the_refusal(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let other = fixture.store.create_room(room_of(ana, RoomKind::Public)).await.expect("made").room.id;
    let chained = |room, seq, chain| Append { room, chain: Some(chain), ..event(ana, seq, "x") };
    fixture.store.append(chained(GENERAL, 2, place(1, 5))).await.expect("added");
    // A number that is taken is refused for a reason of the database's own.
    let refused = Append { content: Content::Leave, ..chained(GENERAL, 2, place(1, 6)) };
    assert!(matches!(fixture.store.append(refused).await, Err(StoreError::Failed(_))));
    let broken = fixture.store.append(chained(other, 3, place(1, 7))).await;
    assert_eq!(broken, Err(StoreError::ChainBroken));
    fixture.store.append(chained(other, 4, place(1, 4))).await.expect("before the refusal");
    fixture.store.append(chained(other, 5, place(2, 7))).await.expect("another chain");
    assert_eq!(fixture.places(other).await, (vec![5, 4], vec![(1, 1)]), "with the join");
}

pub(crate) async fn an_append_changes_what_its_item_says_about_the_room(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let says = async |seq, content| fixture.store.append(Append { content, ..event(ana, seq, "-") }).await;
    let topic = Content::Topic { topic: Some("green".parse().expect("a topic")) };
    says(2, topic).await.expect("set");
    says(3, Content::Description { description: Some("Words.".parse().expect("a description")) }).await.expect("set");
    says(4, Content::Renamed { name: "lobby".parse().expect("a name") }).await.expect("renamed");
    fixture.store.append(event(ana, 5, "hello")).await.expect("added");
    let stored = fixture.store.room(GENERAL).await.expect("read").expect("open");
    assert_eq!(stored.room.topic.map(|topic| (topic.text.as_str().to_owned(), topic.by)), Some(("green".into(), ana)));
    assert_eq!(stored.room.description.map(|words| words.as_str().to_owned()), Some("Words.".into()));
    assert_eq!((stored.head.seq, stored.last_message_at), (Seq(5), Some(NOW)));
    let names = ["general", "lobby"].map(|name| name.parse().expect("a name")).to_vec();
    let found = fixture.store.rooms_by_name(names).await.expect("read");
    assert_eq!(
        found.iter().map(|stored| stored.room.id).collect::<Vec<_>>(),
        [GENERAL, GENERAL],
        "both names lead here"
    );
    let mut former = room_of(ana, RoomKind::Public);
    for taken in ["general", "lobby", "Lobby"] {
        former.name = taken.parse().expect("a name");
        let refused = fixture.store.create_room(former.clone()).await.expect_err(taken);
        assert!(refused.is_name_taken(), "{taken}: {refused:?}");
    }
    let other = fixture.store.create_room(room_of(ana, RoomKind::Public)).await.expect("made").room.id;
    let takes = Append {
        room: other,
        content: Content::Renamed { name: "lobby".parse().expect("a name") },
        ..event(ana, 2, "-")
    };
    assert!(fixture.store.append(takes).await.is_err_and(|error| error.is_name_taken()));
}

pub(crate) async fn an_edit_keeps_the_former_text_and_a_deletion_leaves_none(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let first = event(ana, 2, "one");
    fixture.store.append(first.clone()).await.expect("added");
    let edited = Content::Message(Message::plain("two".parse().expect("a body")));
    let change = |revision, changed, content| {
        let item = Item { seq: Seq(2), changed: Seq(changed), content, ..first.item() };
        Change { room: GENERAL, revision, item, at: NOW }
    };
    fixture.store.change(change(Revision::Edit, 3, edited)).await.expect("edited");
    let changes = fixture.store.changes(GENERAL, Seq(2), 10).await.expect("read");
    let seen: Vec<_> = changes.iter().map(|item| (item.seq.0, item.changed.0, body(item))).collect();
    assert_eq!(seen, [(2, 3, "two")]);
    let former = fixture.store.versions(GENERAL, Seq(2)).await.expect("read");
    assert_eq!(
        former.iter().map(|version| (version.body.as_str(), version.replaced_at)).collect::<Vec<_>>(),
        [("one", NOW)]
    );
    let gone = Content::Deleted { deleted_at: NOW, deleted_by: ana };
    fixture.store.change(change(Revision::Delete, 4, gone.clone())).await.expect("deleted");
    assert_eq!(fixture.store.change(change(Revision::Delete, 5, gone.clone())).await, Err(StoreError::NotFound));
    assert_eq!(fixture.store.versions(GENERAL, Seq(2)).await, Ok(Vec::new()));
    let item = fixture.store.item(GENERAL, Seq(2)).await.expect("read").expect("its tombstone");
    assert_eq!((item.changed, item.content), (Seq(4), gone));
}

pub(crate) async fn a_room_starts_with_every_write_that_was_asked_for(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let writes: Vec<_> = (2..200).map(|seq| fixture.store.append(event(ana, seq, "x"))).collect();
    let state = fixture.store.room_state(GENERAL, RECENT).await.expect("there");
    assert_eq!((state.room.head.seq, state.recent.len(), state.is_whole), (Seq(199), 199, true));
    for write in writes {
        write.await.expect("added");
    }
}
