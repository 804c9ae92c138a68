//! The contract of the removal of old messages. Must not know which database it is.

use chat_proto::ids::{Seq, UserId};
use chat_proto::message::{Content, Message};
use chat_proto::room::Role;
use chat_proto::time::UnixMillis;

use super::{Fixture, GENERAL, NOW, Storage, body, event};
use crate::store::{Append, Change, MemberState, MessageRange, Revision, StoreError};

/// A message that was accepted `after_ms` after the others.
fn posted(by: UserId, seq: u64, after_ms: u64) -> Append {
    Append { at: NOW.plus_ms(after_ms), ..event(by, seq, &format!("text {seq}")) }
}

impl<P: Storage> Fixture<P> {
    async fn post(&self, by: UserId, seq: u64, after_ms: u64) {
        self.store.append(posted(by, seq, after_ms)).await.expect("added");
    }

    async fn ben_joins(&self, seq: u64) -> UserId {
        let ben = self.store.account_for_uid(1001, "ben".parse().expect("a name"), NOW).await.expect("made").id;
        let joins = Append { content: Content::Join, ..event(ben, seq, "-") };
        self.store.change_member(joins, MemberState::Joins(Role::Member)).await.expect("joined");
        ben
    }

    /// Removes the messages from before a moment, step by step. Returns how many.
    async fn prune(&self, before: UnixMillis) -> u32 {
        let mut messages = 0;
        while let Some(range) = self.store.oldest_before(GENERAL, before).await.expect("read") {
            self.store.prune(GENERAL, range).await.expect("removed");
            messages += range.messages;
        }
        messages
    }

    async fn unread(&self, account: UserId) -> (u32, u32) {
        let marker = self.store.read_marker(account, GENERAL).await.expect("a member");
        (marker.unread, marker.mentions)
    }
}

pub(crate) async fn old_messages_are_removed_step_by_step_and_nothing_else(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    for seq in 2..=251 {
        fixture.post(ana, seq, 0).await;
    }
    let topic = Append { content: Content::Topic { topic: "friday".parse().ok() }, ..event(ana, 252, "-") };
    fixture.store.append(topic).await.expect("added");
    let before = NOW.plus_ms(1);
    // The first young message ends it, whatever the clock said later.
    fixture.post(ana, 253, 1).await;
    fixture.post(ana, 254, 0).await;
    let edited = event(ana, 2, "edited").item();
    let edit = |seq, text: &str| Change {
        room: GENERAL,
        revision: Revision::Edit,
        item: chat_proto::message::Item {
            changed: Seq(seq),
            content: Content::Message(Message::plain(text.parse().expect("a body"))),
            ..edited.clone()
        },
        at: NOW,
    };
    fixture.store.change(edit(255, "edited")).await.expect("edited");

    assert_eq!(fixture.store.rooms_with_messages_before(NOW).await, Ok(Vec::new()));
    assert_eq!(fixture.store.rooms_with_messages_before(before).await, Ok(vec![GENERAL]));
    let first = fixture.store.oldest_before(GENERAL, before).await.expect("read").expect("old ones");
    assert_eq!(first, MessageRange { first: Seq(2), last: Seq(101), messages: 100 }, "a small step");
    assert_eq!(fixture.prune(before).await, 250);
    assert_eq!(fixture.prune(before).await, 0);
    assert_eq!(fixture.store.rooms_with_messages_before(before).await, Ok(Vec::new()));

    let fixture = fixture.reopened().await;
    assert_eq!(fixture.places(GENERAL).await, (vec![254, 253, 252], vec![(1, 1)]), "the topic and the join stay");
    assert_eq!(fixture.store.changes(GENERAL, Seq::ZERO, 400).await.expect("read").len(), 4);
    let room = fixture.store.room(GENERAL).await.expect("read").expect("a room");
    assert_eq!((room.room.pruned_to, room.head.seq), (Seq(251), Seq(255)));
    assert_eq!(fixture.store.room_counts(GENERAL).await.expect("counted").messages, 2);
    assert_eq!(fixture.store.item(GENERAL, Seq(2)).await, Ok(None));
    assert_eq!(fixture.store.versions(GENERAL, Seq(2)).await, Ok(Vec::new()));
    assert_eq!(fixture.store.change(edit(256, "too late")).await, Err(StoreError::NotFound));
    // Its key is free again; a key of a message that is left is not.
    let again = Append { seq: Seq(257), ..posted(ana, 3, 2) };
    assert!(!fixture.store.append(again).await.expect("added").is_duplicate);
    let again = Append { seq: Seq(258), ..posted(ana, 254, 0) };
    assert!(fixture.store.append(again).await.expect("known").is_duplicate);
    assert_eq!(fixture.store.item(GENERAL, Seq(257)).await.expect("read").as_ref().map(body), Some("text 3"));
}

pub(crate) async fn unread_counts_go_on_when_old_messages_are_removed(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    let ben = fixture.ben_joins(2).await;
    // Both post by turns; each fifth is deleted, each seventh mentions ben.
    for seq in 3..=202 {
        let by = if seq % 2 == 0 { ben } else { ana };
        let mut append = posted(by, seq, seq);
        if let Content::Message(message) = &mut append.content
            && seq % 7 == 0
        {
            message.mentions.push(ben);
        }
        fixture.store.append(append.clone()).await.expect("added");
        if seq % 5 == 0 {
            let content = Content::Deleted { deleted_at: NOW, deleted_by: by };
            let item = chat_proto::message::Item { changed: Seq(1_000 + seq), content, ..append.item() };
            let gone = Change { room: GENERAL, revision: Revision::Delete, item, at: NOW };
            fixture.store.change(gone).await.expect("deleted");
        }
    }
    let standing = |of: UserId, from: u64| {
        let others = (from..=202).filter(|seq| (seq % 2 == 0) != (of == ben) && seq % 5 != 0);
        let (mut unread, mut mentions) = (0, 0);
        for seq in others {
            unread += 1;
            mentions += u32::from(of == ben && seq % 7 == 0);
        }
        (unread, mentions)
    };
    fixture.store.set_read(ana, GENERAL, Seq(150), false).await.expect("moved");
    assert_eq!((fixture.unread(ana).await, fixture.unread(ben).await), (standing(ana, 151), standing(ben, 3)));
    // Messages up to 103 are old: ben has read none of them, ana all.
    assert_eq!(fixture.prune(NOW.plus_ms(104)).await, 101);
    assert_eq!((fixture.unread(ana).await, fixture.unread(ben).await), (standing(ana, 151), standing(ben, 104)));
    // A marker moved back into the removed part, to its end, and on.
    for (to, from) in [(50, 104), (103, 104), (120, 121)] {
        for account in [ana, ben] {
            fixture.store.set_read(account, GENERAL, Seq(to), true).await.expect("moved");
            assert_eq!(fixture.unread(account).await, standing(account, from), "{account} at {to}");
        }
    }
    fixture.post(ana, 2_000, 1_000).await;
    let (unread, mentions) = standing(ben, 121);
    assert_eq!(fixture.unread(ben).await, (unread + 1, mentions));
}

pub(crate) async fn the_newest_message_is_known_and_stays_so_when_all_are_removed(fixture: Fixture<impl Storage>) {
    let ana = fixture.ana().await;
    assert_eq!(fixture.store.newest_message_at().await, Ok(None));
    fixture.post(ana, 2, 5_000).await;
    fixture.post(ana, 3, 1_000).await;
    fixture.ben_joins(4).await;
    let newest = fixture.store.newest_message_at().await.expect("read");
    assert!(
        newest == Some(NOW.plus_ms(1_000)) || newest == Some(NOW.plus_ms(5_000)),
        "the last, or the latest: {newest:?}"
    );
    fixture.prune(NOW.plus_ms(10_000)).await;
    assert_eq!(fixture.store.newest_message_at().await, Ok(newest));
}
