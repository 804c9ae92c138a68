//! What expires is refused for a while: what lasts goes on, each kind in its order, and each wait is told as it is.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::Post;

use super::sending::{post, posted};
use super::*;
use crate::app::{DeliveryStatus, PersistOp, delivery_status};

fn refused(code: ErrorCode) -> Result<Answer, Refusal> {
    Err(Refusal::Refused(ErrorBody::new(code, "No memory left (maxmemory).")))
}

fn not_taken() -> Result<Answer, Refusal> {
    refused(ErrorCode::LiveUnavailable)
}

fn service(is_live_available: bool) -> ServerFrame {
    ServerFrame::Service(Service { is_live_available, is_store_available: true })
}

fn posts(effects: &[Effect]) -> Vec<Post> {
    let post = |effect: &Effect| match effect {
        Effect::Ask { request: Request::Post(post), .. } => Some(post.clone()),
        _ => None,
    };
    effects.iter().filter_map(post).collect()
}

fn waiting(desk: &Desk) -> Vec<&str> {
    desk.room(GENERAL).pending.iter().map(|pending| pending.body.as_str()).collect()
}

fn statuses(desk: &Desk) -> Vec<DeliveryStatus<'_>> {
    let room_key = RoomKey { server: ServerKey::FIRST, room: GENERAL };
    let room = desk.room(GENERAL);
    room.pending.iter().map(|pending| delivery_status(&desk.model, room_key, room, pending)).collect()
}

/// A desk at which `brief one` was refused and `brief two` waits behind it.
fn held() -> Desk {
    let mut desk = Desk::in_two_rooms();
    let (ask, _) = post(&desk.send("/ttl 5m brief one")).expect("sent");
    assert!(post(&desk.answer(ask, not_taken())).is_none());
    assert!(post(&desk.send("/ttl 5m brief two")).is_none(), "behind the first of its kind");
    desk
}

#[test]
fn what_lasts_does_not_wait_for_what_is_put_off_because_it_expires() {
    for code in [ErrorCode::LiveUnavailable, ErrorCode::Busy, ErrorCode::RateLimited] {
        let mut desk = Desk::in_two_rooms();
        let (ask, _) = post(&desk.send("/ttl 5m brief")).expect("sent");
        assert!(
            post(&desk.send("lasting one")).is_none(),
            "in the order it was written, as long as nothing is refused"
        );
        assert!(post(&desk.send("lasting two")).is_none());
        let (ask, one) = post(&desk.answer(ask, refused(code))).expect("the next that lasts");
        assert_eq!(one.body.as_str(), "lasting one");
        let (_, two) = post(&desk.answer(ask, Ok(posted(1)))).expect("the one after it");
        assert_eq!(two.body.as_str(), "lasting two");
    }
}

#[test]
fn each_kind_keeps_its_order_while_they_go_apart_and_both_do_together_afterwards() {
    let mut desk = held();
    let (persistent, _) = post(&desk.send("lasting")).expect("sent");
    assert!(post(&desk.send("lasting, too")).is_none(), "one at a time");
    desk.send("/ttl 5m brief three");
    desk.now = desk.now.plus_ms(1_000);
    let (one, again) = post(&desk.take(Msg::Tick)).expect("tried");
    assert_eq!(again.body.as_str(), "brief one");
    let (two, next) = post(&desk.answer(one, Ok(posted(1)))).expect("its turn: what is being sent was written later");
    assert_eq!(next.body.as_str(), "brief two");
    assert!(post(&desk.answer(persistent, Ok(posted(2)))).is_none(), "together again, in the order they were written");
    let (too, next) = post(&desk.answer(two, Ok(posted(3)))).expect("the next");
    assert_eq!(next.body.as_str(), "lasting, too");
    let (_, next) = post(&desk.answer(too, Ok(posted(4)))).expect("the last");
    assert_eq!(next.body.as_str(), "brief three");
}

#[test]
fn what_waits_is_tried_as_soon_as_messages_that_expire_are_taken_again() {
    let mut desk = held();
    assert!(posts(&desk.push(service(false))).is_empty());
    let again = posts(&desk.push(service(true)));
    assert_eq!(again.len(), 1, "one at a time");
    assert_eq!((again[0].body.as_str(), again[0].life), ("brief one", Some(chat_proto::request::Life::TtlMs(300_000))));

    let mut desk = held();
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
    let rooms = || vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
    let mut away = welcome(rooms());
    away.service.is_live_available = false;
    assert!(posts(&desk.link(LinkMsg::Welcome(Box::new(away)))).is_empty());
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
    assert_eq!(posts(&desk.link(LinkMsg::Welcome(Box::new(welcome(rooms()))))).len(), 1, "a welcome says it, too");
}

#[test]
fn a_refusal_from_before_the_return_is_tried_again_within_a_second() {
    let mut desk = held();
    for _ in 0..6 {
        desk.now = desk.now.plus_ms(5_000);
        let (ask, _) = post(&desk.take(Msg::Tick)).expect("every five seconds at the latest");
        desk.answer(ask, not_taken());
    }
    desk.now = desk.now.plus_ms(5_000);
    let (ask, _) = post(&desk.take(Msg::Tick)).expect("tried");
    desk.push(service(true));
    desk.answer(ask, not_taken());
    desk.now = desk.now.plus_ms(1_000);
    assert!(post(&desk.take(Msg::Tick)).is_some());
}

#[test]
fn a_pause_that_is_not_for_what_expires_is_kept_when_that_is_taken_again() {
    let mut desk = Desk::in_two_rooms();
    let (ask, _) = post(&desk.send("/ttl 5m brief")).expect("sent");
    desk.answer(ask, Err(Refusal::Refused(ErrorBody::new(ErrorCode::RateLimited, "Too many.").retry_after(700))));
    assert!(post(&desk.push(service(true))).is_none());
    desk.now = desk.now.plus_ms(700);
    assert!(post(&desk.take(Msg::Tick)).is_some());
}

#[test]
fn each_says_what_it_waits_for() {
    let mut desk = held();
    desk.send("lasting");
    desk.send("lasting, too");
    assert!(
        matches!(
            statuses(&desk)[..],
            [DeliveryStatus::EphemeralUnavailable(reason), DeliveryStatus::Queued, DeliveryStatus::Sending, DeliveryStatus::Sending]
                if reason.as_str().contains("maxmemory")
        ),
        "{:?}",
        statuses(&desk)
    );
    desk.push(service(false));
    desk.now = desk.now.plus_ms(5_000);
    desk.take(Msg::Tick);
    assert!(
        matches!(statuses(&desk)[..2], [DeliveryStatus::EphemeralUnavailable(_), DeliveryStatus::Queued]),
        "also while it is tried once more"
    );
    desk.push(service(true));
    assert_eq!(statuses(&desk), vec![DeliveryStatus::Sending; 4]);
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
    assert_eq!(statuses(&desk), vec![DeliveryStatus::Offline; 4]);
}

#[test]
fn what_waits_can_be_tried_now_or_let_go_of() {
    let mut desk = held();
    desk.send("lasting");
    let (ask, again) = post(&desk.send("/retry")).expect("tried");
    assert_eq!(again.body.as_str(), "brief one");
    desk.send("/discard");
    assert_eq!(waiting(&desk), ["brief one", "lasting"], "what is being sent may be there already");
    desk.answer(ask, not_taken());
    let effects = desk.send("/discard");
    assert_eq!(waiting(&desk), ["lasting"]);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Persist(_, PersistOp::RemovePost(_)))),
        "no file knows of it"
    );
    desk.now = desk.now.plus_ms(60_000);
    assert!(posts(&desk.take(Msg::Tick)).is_empty(), "nothing is tried any more");
}

#[test]
fn a_wait_gives_nothing_of_what_expires_to_the_disk() {
    let mut desk = Desk::in_two_rooms();
    let mut effects = desk.send("/ttl 5m brief one");
    let (ask, _) = post(&effects).expect("sent");
    effects.extend(desk.answer(ask, not_taken()));
    effects.extend(desk.write("/ttl 5m brief draft"));
    for _ in 0..10 {
        desk.now = desk.now.plus_ms(5_000);
        let tried = desk.take(Msg::Tick);
        let (ask, _) = post(&tried).expect("tried");
        effects.extend(tried);
        effects.extend(desk.answer(ask, not_taken()));
    }
    effects.extend(desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 }));
    effects.extend(desk.act(Action::Quit));
    effects.retain(|effect| matches!(effect, Effect::Persist(..)));
    assert!(!effects.is_empty() && !format!("{effects:?}").contains("brief"), "{effects:?}");
}
