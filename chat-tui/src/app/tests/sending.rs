//! One's own messages: at once on the screen, on disk before they are sent, settled once.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{ClientKey, Seq};
use chat_proto::message::What;
use chat_proto::request::{Answer, Life, Post, Posted, Request};

use super::*;
use crate::app::{PersistOp, PostState};

pub(super) fn post(effects: &[Effect]) -> Option<(u64, Post)> {
    asked(effects, |request| matches!(request, Request::Post(_))).map(|(ask, request)| match request {
        Request::Post(post) => (ask, post),
        other => panic!("asked for {other:?}"),
    })
}

pub(super) fn posted(seq: u64) -> Answer {
    Answer::Post(Posted { seq: Seq(seq), at: NOON, duplicate: false, expires_at: None })
}

fn own(seq: u64, key: &ClientKey, text: &str) -> Item {
    let mut item = message(seq, ME, text);
    if let What::Message(message) = &mut item.what {
        message.key = Some(key.clone());
    }
    item
}

fn removes_post(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Persist(_, PersistOp::RemovePost(_))))
}

#[test]
fn a_lasting_message_is_on_disk_before_it_is_sent() {
    let mut desk = Desk::in_two_rooms();
    desk.write("hello");
    let effects = desk.act(Action::Send);
    assert!(post(&effects).is_none(), "not before it is on disk");
    let Some(Effect::Persist(_, PersistOp::StorePost(stored))) =
        effects.iter().find(|effect| matches!(effect, Effect::Persist(_, PersistOp::StorePost(_))))
    else {
        panic!("it is kept")
    };
    assert_eq!(desk.room(GENERAL).pending[0].state, PostState::Storing);
    let (_, post) = post(&desk.take(Msg::Stored(stored.key.clone()))).expect("sent");
    assert_eq!((post.key, post.body.as_str()), (stored.key.clone(), "hello"));
}

#[test]
fn what_expires_is_never_given_to_the_disk() {
    let mut desk = Desk::in_two_rooms();
    let effects = desk.send("/ttl low the key is 4417");
    let (_, post) = post(&effects).expect("sent");
    assert_eq!(post.life, Some(Life::TtlMs(30_000)));
    desk.write("/ttl 5m another 4417");
    desk.now = desk.now.plus_ms(60_000);
    let mut effects = [effects, desk.take(Msg::Tick), desk.act(Action::Quit)].concat();
    effects.retain(|effect| matches!(effect, Effect::Persist(..)));
    assert!(!format!("{effects:?}").contains("4417"), "{effects:?}");
}

#[test]
fn the_answer_and_the_event_settle_it_once_in_any_order() {
    for event_first in [true, false] {
        let mut desk = Desk::in_two_rooms();
        let (ask, post) = post(&desk.send("hello")).expect("sent");
        let item = own(1, &post.key, "hello");
        let mut effects = Vec::new();
        if event_first {
            effects.extend(desk.push(event(GENERAL, 0, item)));
            effects.extend(desk.answer(ask, Ok(posted(1))));
        } else {
            effects.extend(desk.answer(ask, Ok(posted(1))));
            effects.extend(desk.push(event(GENERAL, 0, item)));
        }
        assert_eq!(desk.texts(GENERAL), ["hello"]);
        assert!(desk.room(GENERAL).pending.is_empty());
        assert!(removes_post(&effects));
    }
}

#[test]
fn messages_are_sent_one_after_the_other_and_again_with_the_same_key_after_a_break() {
    let mut desk = Desk::in_two_rooms();
    let (ask, first) = post(&desk.send("one")).expect("sent");
    assert!(post(&desk.send("two")).is_none(), "its turn has not come");
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
    desk.answer(ask, Err(Refusal::Disconnected));
    assert!(post(&desk.send("three")).is_none());
    let rooms = vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
    let (ask, again) = post(&desk.link(LinkMsg::Welcome(Box::new(welcome(rooms))))).expect("sent again");
    assert_eq!(again, first);
    let (ask, second) = post(&desk.answer(ask, Ok(posted(1)))).expect("the next");
    assert_eq!(second.body.as_str(), "two");
    let (_, third) = post(&desk.answer(ask, Ok(posted(2)))).expect("the last");
    assert_eq!(third.body.as_str(), "three");
}

#[test]
fn what_is_put_off_waits_as_long_as_the_server_says() {
    let mut desk = Desk::in_two_rooms();
    let (ask, _) = post(&desk.send("fast")).expect("sent");
    let limited = ErrorBody::new(ErrorCode::RateLimited, "Too many.").retry_after(700);
    assert!(post(&desk.answer(ask, Err(Refusal::Refused(limited)))).is_none());
    assert!(desk.model.next_tick().expect("a wake") <= desk.now.plus_ms(700));
    desk.now = desk.now.plus_ms(699);
    assert!(post(&desk.take(Msg::Tick)).is_none());
    desk.now = desk.now.plus_ms(1);
    assert!(post(&desk.take(Msg::Tick)).is_some());
}

#[test]
fn what_is_refused_stays_and_lets_the_next_pass() {
    let mut desk = Desk::in_two_rooms();
    let (ask, _) = post(&desk.send("bad")).expect("sent");
    desk.send("good");
    let refused = Refusal::Refused(ErrorBody::new(ErrorCode::NotMember, "Join first."));
    let (_, next) = post(&desk.answer(ask, Err(refused))).expect("the next");
    assert_eq!(next.body.as_str(), "good");
    assert!(desk.notice().contains("/retry"), "{}", desk.notice());
    assert!(matches!(desk.room(GENERAL).pending[0].state, PostState::Failed { .. }));
    assert!(removes_post(&desk.send("/discard")));
    assert_eq!(desk.room(GENERAL).pending.len(), 1);
}

#[test]
fn another_person_never_sends_what_was_written_before() {
    let mut desk = Desk::in_two_rooms();
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
    desk.send("mine");
    let mut other = welcome(vec![membership(GENERAL, "general", 0)]);
    other.user = user(UserId(9), "eve");
    let effects = desk.link(LinkMsg::Welcome(Box::new(other)));
    assert!(post(&effects).is_none());
    assert!(!removes_post(&effects), "on disk it waits for its author");
}
