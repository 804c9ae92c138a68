//! A room's rules as events and the resulting state.

use std::sync::Arc;

use chat_proto::ids::{ClientKey, Run};
use chat_proto::message::Message;
use chat_proto::room::{Room, RoomKind};

use super::*;
use crate::access::{Credential, Origin, RoomRefusal, Scopes, Standing};
use crate::live::EphemeralKey;
use crate::room::RING_EVENTS;
use crate::room::command::{ChangeKind, NewChange};
use crate::room::commit::{Change, Effect, Event, Ticket};
use crate::store::{RunStart, StoredRoom};

const ROOM: RoomId = RoomId(1);

fn message(seq: u64, expires_at: Option<UnixMillis>) -> Item {
    let message = Message { expires_at, ..Message::plain("hello".parse().expect("a body")) };
    Item { seq: Seq(seq), changed: Seq(seq), at: UnixMillis(0), by: UserId(1), content: Content::Message(message) }
}

fn entry(seq: u64) -> EphemeralEntry {
    let key: ClientKey = format!("k{seq}").parse().expect("a key");
    EphemeralEntry::message(
        &EphemeralKey { room: ROOM, sender: UserId(1), key },
        &message(seq, Some(UnixMillis(9_000))),
    )
    .expect("an end")
}

fn caller(user: UserId) -> Caller {
    let origin = Origin { uid: Some(7), is_loopback: true, address: None };
    Caller::new(user, origin, Credential::Peer { uid: 7 }, Scopes::ALL, Arc::new(Standing::new(ServerRole::Account)))
}

/// A room that begins with these persistent numbers and these that expire.
fn started(persistent: &[u64], alive: &[u64]) -> State {
    let room = Room {
        id: ROOM,
        kind: RoomKind::Public,
        name: None,
        people: Vec::new(),
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: false,
        members: 1,
        created_at: UnixMillis(0),
        created_by: UserId(1),
        pruned_to: Seq::ZERO,
    };
    let head = Seq(persistent.last().copied().unwrap_or(0));
    let stored = RoomState {
        room: StoredRoom { room, head: Cursor { run: None, seq: head, persistent: head }, last_message_at: None },
        reserved_up_to: Seq(64).max(head),
        members: vec![(UserId(1), Role::Member)],
        answers: Vec::new(),
        recent: persistent.iter().map(|seq| message(*seq, None)).collect(),
        is_whole: true,
        end: StoredHistory {
            items: persistent.iter().rev().map(|seq| message(*seq, None)).collect(),
            joins: Vec::new(),
            is_whole: true,
        },
        refused: Vec::new(),
        runs: vec![RunStart { run: Run(1), head: Seq::ZERO, given: Seq::ZERO }],
    };
    let entries = alive.iter().map(|seq| entry(*seq)).collect();
    // Without any the live store has not answered.
    let loaded = (!alive.is_empty()).then_some(entries);
    let (commit, _) = Commit::start(head, stored.reserved_up_to, Vec::new(), loaded);
    State::new(Arc::new(RingBounds::new(RING_EVENTS)), stored, commit)
}

#[test]
fn a_room_that_begins_again_does_not_claim_to_know_what_expires() {
    let state = started(&[1, 2, 3], &[4]);
    assert_eq!(state.ring.after(Seq(2)), None, "4 lives, and is not in the ring");
    assert_eq!(state.ring.after(Seq(4)), Some(Vec::new()));
    assert_eq!(state.shown(), Seq(4));
    let state = started(&[1, 2, 6], &[4]);
    assert_eq!(state.ring.after(Seq(3)), None);
    assert_eq!(state.ring.after(Seq(4)).map(|items| items.len()), Some(1));
}

#[test]
fn entries_loaded_late_are_there_as_if_they_had_been_known() {
    let mut state = started(&[1, 2, 3], &[]);
    let ticket = Ticket(1);
    let effects = state.commit.on(Event::Accepted(ticket, Change::Loaded(vec![entry(4), entry(90)])), UnixMillis(0));
    let [Effect::Undo(_, unacknowledged), Effect::Reserve(_, up_to)] = effects.as_slice() else {
        panic!("nothing is shown before its number is reserved: {effects:?}")
    };
    assert_eq!(*unacknowledged, Seq(90), "its number was never reserved");
    assert!(*up_to >= Seq(65));
    let effects = state.commit.on(Event::Reserved(ticket, Ok(())), UnixMillis(0));
    let [Effect::ShowLoaded(_, items), Effect::Refill(stored)] = effects.as_slice() else { panic!("{effects:?}") };
    assert_eq!(stored.iter().map(EphemeralEntry::item).collect::<Vec<_>>(), *items);
    let numbers: Vec<_> = items.iter().map(|item| (item.seq, item.changed)).collect();
    assert_eq!(numbers, [(Seq(4), Seq(65))], "seen anew by all");
    state.show_loaded(items);
    assert_eq!((state.shown(), state.ephemeral_entries(UnixMillis(0)).len()), (Seq(65), 1));
    assert_eq!(state.ring.after(Seq(2)), None);
    assert!(state.next_seq() > Seq(65));
}

#[test]
fn a_page_gets_the_newest_ephemeral_messages_that_it_can_hold() {
    let alive: Vec<u64> = (4..=40).collect();
    let state = started(&[1, 2, 3], &alive);
    let page = |before: Option<u64>, messages| {
        let entries = state.ephemeral_page(before.map(Seq), messages, UnixMillis(0));
        entries.iter().map(|entry| entry.seq().0).collect::<Vec<_>>()
    };
    assert_eq!((page(None, 1), page(Some(20), 3)), (vec![40], vec![17, 18, 19]));
    assert_eq!(page(Some(6), 10), [4, 5]);
    assert!(state.ephemeral_page(None, 10, UnixMillis(9_000)).is_empty(), "all have expired");
    let changed = state.ephemeral_changes(Seq(38), UnixMillis(0));
    assert_eq!(changed.iter().map(|entry| entry.seq().0).collect::<Vec<_>>(), [39, 40]);
}

#[test]
fn a_change_of_an_ephemeral_message_reserves_its_number() {
    let mut state = started(&[1], &[2]);
    let delete = NewChange { caller: caller(UserId(1)), seq: Seq(2), kind: ChangeKind::Delete, known: None };
    let accepted = state.accept_change(delete, UnixMillis(0)).expect("hers");
    let Accepted::Ephemeral(key, item) = accepted else { panic!("the live store keeps it") };
    let changed = item.changed;
    let effects = state.commit.on(Event::Accepted(Ticket(1), Change::Revision(key, item)), UnixMillis(0));
    assert!(matches!(effects[0], Effect::Reserve(_, up_to) if up_to > changed), "{effects:?}");
}

#[test]
fn an_edit_to_the_same_text_changes_nothing_unless_another_is_under_way() {
    let mut state = started(&[1], &[]);
    let item = state.find(Seq(1), UnixMillis(0)).expect("there");
    let Content::Message(message) = &item.content else { panic!("a message") };
    let edit = || {
        let kind = ChangeKind::Edit { body: message.body.clone(), mentions: Vec::new() };
        NewChange { caller: caller(UserId(1)), seq: Seq(1), kind, known: None }
    };
    assert_eq!(state.accept_change(edit(), UnixMillis(0)), Ok(Accepted::Done(Seq(1))));
    let other = Change::Persistent(Some(Item { changed: Seq(65), ..item.clone() }), None);
    state.commit.on(Event::Accepted(Ticket(1), other), UnixMillis(0));
    let accepted = state.accept_change(edit(), UnixMillis(0));
    assert!(matches!(accepted, Ok(Accepted::Persistent(_))), "it may undo the other: {accepted:?}");
}

#[test]
fn a_deletion_is_repeatable_for_those_who_may_delete_and_an_edit_of_it_is_not() {
    let mut state = started(&[1], &[]);
    let item = state.find(Seq(1), UnixMillis(0)).expect("there");
    let content = Content::Deleted { deleted_at: UnixMillis(5), deleted_by: UserId(1) };
    let known = Some(Item { changed: Seq(65), content, ..item });
    let delete = |user| NewChange { caller: caller(user), seq: Seq(1), kind: ChangeKind::Delete, known: known.clone() };
    state.show(known.as_ref().expect("deleted"), true);
    assert_eq!(state.accept_change(delete(UserId(1)), UnixMillis(9)), Ok(Accepted::Done(Seq(65))));
    assert_eq!(state.accept_change(delete(UserId(2)), UnixMillis(9)), Err(RoomRefusal::NotMember.into()));
    let kind = ChangeKind::Edit { body: "bye".parse().expect("a body"), mentions: Vec::new() };
    let edit = NewChange { kind, ..delete(UserId(1)) };
    assert_eq!(state.accept_change(edit, UnixMillis(9)), Err(RoomError::NotFound));
}

#[test]
fn a_caller_is_judged_by_its_present_role_in_the_room_and_on_the_server() {
    let mut state = started(&[1], &[]);
    let (ana, ben) = (caller(UserId(1)), caller(UserId(2)));
    assert_eq!(state.authorize(&ben, RoomAction::ReadHistory), Ok(()));
    assert_eq!(state.authorize(&ben, RoomAction::Post), Err(RoomRefusal::NotMember.into()));
    state.accept_join(ben.user(), Role::Member, UnixMillis(0));
    assert_eq!(state.authorize(&ben, RoomAction::Post), Ok(()));
    let delete = NewChange { caller: ben.clone(), seq: Seq(1), kind: ChangeKind::Delete, known: None };
    assert_eq!(state.accept_change(delete, UnixMillis(0)), Err(RoomRefusal::NotAuthor.into()));
    state.room.id = RoomId(2);
    state.room.kind = RoomKind::Private;
    state.accept_leave(ben.user(), UnixMillis(0));
    assert_eq!(state.authorize(&ben, RoomAction::Subscribe), Err(RoomError::NotFound), "as if it did not exist");
    ana.revoke();
    assert_eq!(state.authorize(&ana, RoomAction::See), Err(RoomRefusal::SignedOut.into()));
}
