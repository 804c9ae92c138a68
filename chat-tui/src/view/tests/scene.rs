//! Rooms to draw, built by the app's own messages only. Must not know how they are drawn.

use chat_proto::message::{Item, Message};
use chat_proto::request::{Answer, MembersPage, Request};
use chat_proto::room::{Member, Role, Rsvp};

use super::*;
use crate::app::tests::asked;

pub(super) const ANYBODY: UserId = UserId(5);

/// A member of a room.
pub(super) fn member(id: UserId, name: &str, availability: Availability, status: &str) -> Member {
    let status = (!status.is_empty()).then(|| status.parse().expect("a status"));
    let presence = Presence { availability, status, last_seen: None };
    Member { user: user(id, name), role: Role::Member, rsvp: Rsvp::None, presence }
}

/// The four people of most scenes.
pub(super) fn four_people() -> Vec<Member> {
    vec![
        member(ANA, "ana", Availability::Online, ""),
        member(BEN, "ben", Availability::Away, ""),
        member(DEE, "dee", Availability::Online, ""),
        member(ME, "zoe", Availability::Online, ""),
    ]
}

/// `#general` with four people and these items, and an empty `#ops`; everything has been read.
pub(super) fn room_with(items: Vec<Item>) -> TestApp {
    room_of(four_people(), items)
}

/// `#general` with these people and items, and an empty `#ops`.
pub(super) fn room_of(members: Vec<Member>, items: Vec<Item>) -> TestApp {
    let mut app = TestApp::new();
    let head = items.last().map_or(0, |item| item.changed.0);
    sign_in(&mut app, vec![membership(GENERAL, "general", head), membership(OPS, "ops", 0)], (members, items));
    app
}

/// Signs in: the server lists these rooms, and sends the people and items of the one that opens.
pub(super) fn sign_in(
    app: &mut TestApp,
    rooms: Vec<chat_proto::room::Membership>,
    (members, items): (Vec<Member>, Vec<Item>),
) {
    let effects = app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
    app.answer_history(&effects, items);
    let is_members = |request: &Request| matches!(request, Request::Members(_));
    let ask = asked(&effects, is_members).expect("asked for the members").0;
    let total = members.len() as u32;
    app.answer(ask, Ok(Answer::Members(MembersPage { members, has_more: false, total, online: 0 })));
    app.heartbeat(34, app.now);
}

/// A message with some of its properties changed.
pub(super) fn with(mut item: Item, change: impl FnOnce(&mut Message)) -> Item {
    if let Content::Message(message) = &mut item.content {
        change(message);
    }
    item
}

/// An item at so many minutes after noon, or before it.
pub(super) fn at_minute(minutes: i64, item: Item) -> Item {
    Item { at: chat_proto::time::UnixMillis(NOON.0 + minutes * 60_000), ..item }
}

/// An item that is no message.
pub(super) fn happened(seq: u64, by: UserId, content: Content) -> Item {
    Item { content, ..message(seq, by, "x") }
}

/// The post among the effects: the number of its request.
pub(super) fn posted(effects: &[crate::app::Effect]) -> u64 {
    asked(effects, |request| matches!(request, Request::Post(_))).expect("sent").0
}

/// A talk before noon that fills a screen: nine messages of four people.
pub(super) fn talk() -> Vec<Item> {
    [
        (-70, ANA, "good morning"),
        (-69, BEN, "morning! the release branch is cut, I started the long tests"),
        (-69, BEN, "they take about an hour"),
        (-66, ME, "thanks. I will write the notes meanwhile"),
        (-49, DEE, "is the fix for the resume gap in?"),
        (-48, BEN, "yes, since yesterday evening"),
        (-47, DEE, "good, then I can close the ticket"),
        (-5, BEN, "long tests are green"),
        (-4, ANA, "ship it"),
    ]
    .into_iter()
    .zip(1..)
    .map(|((minutes, by, text), seq)| at_minute(minutes, message(seq, by, text)))
    .collect()
}
