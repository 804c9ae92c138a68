//! One's own messages: shown at once, on disk before they are sent, complete once.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{ClientKey, Seq};
use chat_proto::message::Content;
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
    if let Content::Message(message) = &mut item.content {
        message.key = Some(key.clone());
    }
    item
}

fn removes_post(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Persist(_, PersistOp::RemovePost(_))))
}

#[test]
fn a_persistent_message_is_on_disk_before_it_is_sent() {
    let mut app = TestApp::in_two_rooms();
    app.write("hello");
    let effects = app.act(Action::Send);
    assert!(post(&effects).is_none(), "not before it is on disk");
    let Some(Effect::Persist(_, PersistOp::StorePost(stored))) =
        effects.iter().find(|effect| matches!(effect, Effect::Persist(_, PersistOp::StorePost(_))))
    else {
        panic!("it is kept")
    };
    assert_eq!(app.room(GENERAL).writing.pending[0].state, PostState::Storing);
    let (_, post) = post(&app.take(Msg::Stored(stored.key.clone()))).expect("sent");
    assert_eq!((post.key, post.body.as_str()), (stored.key.clone(), "hello"));
}

#[test]
fn an_ephemeral_message_is_never_persisted() {
    let mut app = TestApp::in_two_rooms();
    let effects = app.send("/ttl low the key is 4417");
    let (_, post) = post(&effects).expect("sent");
    assert_eq!(post.life, Some(Life::TtlMs(30_000)));
    app.write("/ttl 5m another 4417");
    app.now = app.now.plus_ms(60_000);
    let mut effects = [effects, app.take(Msg::Tick), app.act(Action::Quit)].concat();
    effects.retain(|effect| matches!(effect, Effect::Persist(..)));
    assert!(!format!("{effects:?}").contains("4417"), "{effects:?}");
}

#[test]
fn a_lifetime_is_read_as_on_the_command_line() {
    let mut app = TestApp::in_two_rooms();
    let (_, first) = post(&app.send("/ttl 1h30m the key")).expect("sent");
    assert_eq!(first.life, Some(Life::TtlMs(5_400_000)));
    for (line, hint) in [("/ttl soon the key", "looks like 30s"), ("/ttl 8d the key", "1 second to 7 days")] {
        assert!(post(&app.send(line)).is_none());
        assert!(app.notice().contains(hint), "{}", app.notice());
        assert_eq!(app.draft(), line);
        app.act(Action::Interrupt);
    }
}

#[test]
fn the_answer_and_the_event_complete_a_post_once_in_any_order() {
    for event_first in [true, false] {
        let mut app = TestApp::in_two_rooms();
        let (ask, post) = post(&app.send("hello")).expect("sent");
        let item = own(1, &post.key, "hello");
        let mut effects = Vec::new();
        if event_first {
            effects.extend(app.push(event(GENERAL, 0, item)));
            effects.extend(app.answer(ask, Ok(posted(1))));
        } else {
            effects.extend(app.answer(ask, Ok(posted(1))));
            effects.extend(app.push(event(GENERAL, 0, item)));
        }
        assert_eq!(app.texts(GENERAL), ["hello"]);
        assert!(app.room(GENERAL).writing.pending.is_empty());
        assert!(removes_post(&effects));
    }
}

#[test]
fn messages_are_sent_one_after_the_other_and_again_with_the_same_key_after_a_break() {
    let mut app = TestApp::in_two_rooms();
    let (ask, first) = post(&app.send("one")).expect("sent");
    assert!(post(&app.send("two")).is_none(), "its turn has not come");
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
    app.answer(ask, Err(CallError::Disconnected));
    assert!(post(&app.send("three")).is_none());
    let rooms = vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
    let (ask, again) = post(&app.link(LinkEvent::Welcome(Box::new(welcome(rooms))))).expect("sent again");
    assert_eq!(again, first);
    let (ask, second) = post(&app.answer(ask, Ok(posted(1)))).expect("the next");
    assert_eq!(second.body.as_str(), "two");
    let (_, third) = post(&app.answer(ask, Ok(posted(2)))).expect("the last");
    assert_eq!(third.body.as_str(), "three");
}

#[test]
fn a_deferred_post_waits_as_long_as_the_server_says() {
    let mut app = TestApp::in_two_rooms();
    let (ask, _) = post(&app.send("fast")).expect("sent");
    let limited = ErrorBody::new(ErrorCode::RateLimited, "Too many.").retry_after(700);
    assert!(post(&app.answer(ask, Err(CallError::Refused(limited)))).is_none());
    assert!(app.model.next_tick().expect("a wake") <= app.now.plus_ms(700));
    app.now = app.now.plus_ms(699);
    assert!(post(&app.take(Msg::Tick)).is_none());
    app.now = app.now.plus_ms(1);
    assert!(post(&app.take(Msg::Tick)).is_some());
}

#[test]
fn a_refused_post_stays_and_the_next_one_is_sent() {
    let mut app = TestApp::in_two_rooms();
    let (ask, _) = post(&app.send("bad")).expect("sent");
    app.send("good");
    let refused = CallError::Refused(ErrorBody::new(ErrorCode::NotMember, "Join first."));
    let (_, next) = post(&app.answer(ask, Err(refused))).expect("the next");
    assert_eq!(next.body.as_str(), "good");
    assert!(app.notice().contains("/retry"), "{}", app.notice());
    assert!(matches!(app.room(GENERAL).writing.pending[0].state, PostState::Failed { .. }));
    assert!(removes_post(&app.send("/discard")));
    assert_eq!(app.room(GENERAL).writing.pending.len(), 1);
}

#[test]
fn another_account_never_sends_earlier_posts() {
    let mut app = TestApp::in_two_rooms();
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
    app.send("mine");
    let mut other = welcome(vec![membership(GENERAL, "general", 0)]);
    other.user = user(UserId(9), "eve");
    let effects = app.link(LinkEvent::Welcome(Box::new(other)));
    assert!(post(&effects).is_none());
    assert!(!removes_post(&effects), "on disk it waits for its author");
}

#[test]
fn work_left_to_others_is_done_with_all_that_follows_from_it_before_the_next() {
    let mut app = TestApp::in_two_rooms();
    app.write("first");
    let written = app.act(Action::Send).into_iter().filter_map(|effect| match effect {
        Effect::Persist(_, op) => Some(op),
        _ => None,
    });
    let written: Vec<_> = written.collect();
    // The composer leaves the post to the outbox, and after that adds its text to the input history.
    assert!(matches!(written[..], [PersistOp::StorePost(_), PersistOp::AddInput(_)]), "{written:?}");
}
