//! Every change once, in order, without a gap; what is read and what is not.

use chat_proto::ids::{Epoch, Seq};
use chat_proto::message::What;
use chat_proto::request::{Answer, Changes, ChangesPage, Read, Request};
use chat_proto::server_frame::{Gap, Resumed};

use super::*;
use crate::app::{CatchUp, PersistOp, Scroll};

fn changes(effects: &[Effect]) -> Option<(u64, Changes)> {
    asked(effects, |request| matches!(request, Request::Changes(_))).map(|(ask, request)| match request {
        Request::Changes(changes) => (ask, changes),
        other => panic!("asked for {other:?}"),
    })
}

fn page(items: Vec<Item>, next: u64, head: u64) -> Answer {
    Answer::Changes(ChangesPage { items, users: Vec::new(), next: Seq(next), head: Seq(head) })
}

#[test]
fn a_hole_is_asked_for_and_what_comes_meanwhile_is_not_applied_twice() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "one")));
    let (ask, asked) = changes(&desk.push(event(GENERAL, 2, message(3, ANA, "three")))).expect("asked");
    assert_eq!(asked.after, Seq(1));
    assert!(changes(&desk.push(event(GENERAL, 3, message(4, ANA, "four")))).is_none());
    let effects = desk.answer(ask, Ok(page(vec![message(2, ANA, "two"), message(3, ANA, "three")], 3, 3)));
    let (ask, asked) = changes(&effects).expect("four was heard of and is not there");
    assert_eq!(asked.after, Seq(3));
    desk.answer(ask, Ok(page(vec![message(4, ANA, "four")], 4, 4)));
    assert_eq!(desk.texts(GENERAL), ["one", "two", "three", "four"]);
    assert_eq!(desk.room(GENERAL).catch_up, CatchUp::Current);
    desk.push(event(GENERAL, 4, message(5, ANA, "five")));
    assert_eq!(desk.room(GENERAL).cursor, Seq(5));
}

#[test]
fn a_gap_is_asked_for_also_while_an_answer_is_under_way() {
    let mut desk = Desk::in_two_rooms();
    let (ask, _) = changes(&desk.push(ServerFrame::Gap(Gap { room: GENERAL }))).expect("asked");
    assert!(changes(&desk.push(ServerFrame::Gap(Gap { room: GENERAL }))).is_none());
    let (ask, _) = changes(&desk.answer(ask, Ok(page(vec![message(1, ANA, "one")], 1, 1)))).expect("once more");
    assert!(changes(&desk.answer(ask, Ok(page(Vec::new(), 1, 1)))).is_none());
    assert_eq!(desk.room(GENERAL).catch_up, CatchUp::Current);
}

#[test]
fn a_resumed_connection_brings_what_was_missed() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "one")));
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 1 });
    let hello = desk.link(LinkMsg::Opened);
    let Some(Effect::Hello { resume: Some(resume), .. }) = hello.first() else { panic!("resumes: {hello:?}") };
    assert_eq!(resume.rooms.iter().map(|cursor| cursor.after).collect::<Vec<_>>(), [Seq(1), Seq(0)]);
    let mut again = welcome(vec![membership(GENERAL, "general", 2), membership(OPS, "ops", 0)]);
    let items = vec![message(2, ANA, "two")];
    again.resumed = vec![Resumed { room: GENERAL, is_complete: true, items, head: Seq(2) }];
    assert!(changes(&desk.link(LinkMsg::Welcome(Box::new(again)))).is_none());
    assert_eq!(desk.texts(GENERAL), ["one", "two"]);
}

#[test]
fn another_life_of_the_data_drops_what_is_at_hand() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "old")));
    let mut other = welcome(vec![membership(GENERAL, "general", 5), membership(OPS, "ops", 0)]);
    other.epoch = Epoch("two".into());
    let effects = desk.link(LinkMsg::Welcome(Box::new(other)));
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::RemoveAllRooms)));
    assert!(desk.texts(GENERAL).is_empty());
    let (ask, asked) = changes(&effects).expect("asked from the beginning");
    assert_eq!(asked.after, Seq(0));
    desk.answer(ask, Ok(page(vec![message(1, ANA, "new")], 5, 5)));
    assert_eq!(desk.texts(GENERAL), ["new"]);
}

#[test]
fn a_room_far_behind_begins_at_its_end() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "old")));
    let again = welcome(vec![membership(GENERAL, "general", 50_000), membership(OPS, "ops", 0)]);
    let effects = desk.link(LinkMsg::Welcome(Box::new(again)));
    assert!(changes(&effects).is_none());
    desk.answer_history(&effects, vec![message(49_999, ANA, "newest")]);
    assert_eq!(desk.texts(GENERAL), ["newest"]);
}

#[test]
fn what_is_before_ones_eyes_is_read_and_the_rest_is_counted() {
    let mut desk = Desk::in_two_rooms();
    desk.now = desk.now.plus_ms(5_000);
    let effects = desk.push(event(GENERAL, 0, message(1, ANA, "seen")));
    let read = asked(&effects, |request| matches!(request, Request::Read(_)));
    assert_eq!(read.map(|(_, request)| request), Some(Read { room: GENERAL, seq: Some(Seq(1)), rewind: false }.into()));
    let mut mention = message(1, ANA, "@zoe look");
    if let What::Message(message) = &mut mention.what {
        message.mentions = vec![ME];
    }
    desk.push(event(OPS, 0, mention));
    desk.push(event(OPS, 1, message(2, ANA, "more")));
    let marks = desk.room(OPS).marks;
    assert_eq!((marks.unread, marks.mentions), (2, 1));
    desk.act(Action::NextUnread);
    assert_eq!(desk.model.current.map(|room_key| room_key.room), Some(OPS));
    assert_eq!(desk.room(OPS).marks.unread, 0);
    assert_eq!(desk.room(OPS).new_after, Some(Seq(0)));
}

#[test]
fn a_message_that_is_deleted_unread_counts_no_more() {
    let mut desk = Desk::in_two_rooms();
    let mut mention = message(1, ANA, "@zoe look");
    if let What::Message(message) = &mut mention.what {
        message.mentions = vec![ME];
    }
    desk.push(event(OPS, 0, mention));
    desk.push(event(OPS, 1, message(2, ANA, "more")));
    let gone = |seq, changed| {
        let what = What::Deleted { deleted_at: UnixMillis(9), deleted_by: ANA };
        Item { seq: Seq(seq), changed: Seq(changed), what, ..message(seq, ANA, "-") }
    };
    desk.push(event(OPS, 2, gone(1, 3)));
    let marks = desk.room(OPS).marks;
    assert_eq!((marks.unread, marks.mentions), (1, 0));
    desk.push(event(OPS, 2, gone(1, 3)));
    assert_eq!(desk.room(OPS).marks.unread, 1, "once");
    desk.act(Action::NextUnread);
    desk.push(event(OPS, 3, gone(2, 4)));
    assert_eq!(desk.room(OPS).marks.unread, 0);
}

#[test]
fn who_looks_elsewhere_is_told_of_a_mention_and_reads_it_later() {
    let mut desk = Desk::in_two_rooms();
    desk.take(Msg::Focused(false));
    let mut mention = message(1, ANA, "@zoe look");
    if let What::Message(message) = &mut mention.what {
        message.mentions = vec![ME];
    }
    let effects = desk.push(event(GENERAL, 0, mention));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Notify { body, .. } if body.as_str() == "@zoe look")));
    assert_eq!(desk.room(GENERAL).marks.mentions, 1);
    assert_eq!(desk.room(GENERAL).new_after, Some(Seq(0)));
    desk.take(Msg::Focused(true));
    assert_eq!(desk.room(GENERAL).marks.mentions, 0);
}

#[test]
fn what_comes_while_one_reads_older_messages_moves_nothing() {
    let mut desk = Desk::in_two_rooms();
    for seq in 1..=3 {
        desk.push(event(GENERAL, seq - 1, message(seq, ANA, "text")));
    }
    let room_key = desk.model.current;
    desk.take(Msg::Drawn(crate::app::Viewport {
        room_key,
        rows: 2,
        top: Some((Seq(2), 0)),
        is_at_end: true,
        ..Default::default()
    }));
    desk.act(Action::ScrollUp);
    let scroll = desk.room(GENERAL).scroll;
    assert!(matches!(scroll, Scroll::At { seq: Seq(2), .. }));
    desk.push(event(GENERAL, 3, message(4, ANA, "new")));
    assert_eq!(desk.room(GENERAL).scroll, scroll);
    assert_eq!(desk.room(GENERAL).missed, 1);
    assert_eq!(desk.room(GENERAL).marks.unread, 1);
}

#[test]
fn what_one_wrote_elsewhere_is_neither_missed_nor_unread() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "hers")));
    desk.push(event(OPS, 0, message(1, ME, "from the shell")));
    assert_eq!(desk.room(OPS).marks.unread, 0);
    let room_key = desk.model.current;
    let top = Some((Seq(1), 0));
    desk.take(Msg::Drawn(crate::app::Viewport { room_key, rows: 1, top, ..Default::default() }));
    desk.act(Action::ScrollUp);
    desk.push(event(GENERAL, 1, message(2, ME, "from the shell")));
    assert_eq!(desk.room(GENERAL).missed, 0);
    let effects = desk.act(Action::MarkUnread);
    let read = asked(&effects, |request| matches!(request, Request::Read(_))).map(|(_, request)| request);
    assert_eq!(read, Some(Read { room: GENERAL, seq: Some(Seq(0)), rewind: true }.into()), "from hers on");
    assert_eq!(desk.room(GENERAL).marks.unread, 1);
}

#[test]
fn a_deleted_text_goes_from_what_one_sent_before() {
    let mut desk = Desk::in_two_rooms();
    desk.send("secret");
    desk.push(event(GENERAL, 0, message(1, ME, "secret")));
    let mut gone = message(1, ME, "x");
    gone.changed = Seq(2);
    gone.what = What::Deleted { deleted_at: NOON, deleted_by: ME };
    let effects = desk.push(event(GENERAL, 1, gone));
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::RemoveInput("secret".into()))));
    desk.act(Action::HistoryPrevious);
    assert_eq!(desk.draft(), "");
}
