//! While ephemeral messages are refused, persistent ones overtake them, each kind in its order, each with its status.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::Post;

use super::outbox::{post, posted};
use super::*;
use crate::app::{DeliveryStatus, PersistOp};

fn refused(code: ErrorCode) -> Result<Answer, CallError> {
    Err(CallError::Refused(ErrorBody::new(code, "No memory left (maxmemory).")))
}

fn live_unavailable() -> Result<Answer, CallError> {
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

fn pending_texts(app: &TestApp) -> Vec<&str> {
    app.room(GENERAL).writing.pending.iter().map(|pending| pending.body.as_str()).collect()
}

fn statuses(app: &TestApp) -> Vec<DeliveryStatus<'_>> {
    let room = app.room(GENERAL);
    room.writing.pending.iter().map(|pending| app.model.delivery_status(room, pending)).collect()
}

/// An app at which `ephemeral one` was refused and `ephemeral two` waits behind it.
fn with_deferred_ephemeral() -> TestApp {
    let mut app = TestApp::in_two_rooms();
    let (ask, _) = post(&app.send("/ttl 5m ephemeral one")).expect("sent");
    assert!(post(&app.answer(ask, live_unavailable())).is_none());
    assert!(post(&app.send("/ttl 5m ephemeral two")).is_none(), "behind the first of its kind");
    app
}

#[test]
fn persistent_posts_do_not_wait_for_a_deferred_ephemeral_one() {
    for code in [ErrorCode::LiveUnavailable, ErrorCode::Busy, ErrorCode::RateLimited] {
        let mut app = TestApp::in_two_rooms();
        let (ask, _) = post(&app.send("/ttl 5m ephemeral")).expect("sent");
        assert!(
            post(&app.send("persistent one")).is_none(),
            "in the order it was written, as long as nothing is refused"
        );
        assert!(post(&app.send("persistent two")).is_none());
        let (ask, one) = post(&app.answer(ask, refused(code))).expect("the next that lasts");
        assert_eq!(one.body.as_str(), "persistent one");
        let (_, two) = post(&app.answer(ask, Ok(posted(1)))).expect("the one after it");
        assert_eq!(two.body.as_str(), "persistent two");
    }
}

#[test]
fn each_queue_keeps_its_order_while_separate_and_after_merging() {
    let mut app = with_deferred_ephemeral();
    let (persistent, _) = post(&app.send("persistent")).expect("sent");
    assert!(post(&app.send("persistent, too")).is_none(), "one at a time");
    app.send("/ttl 5m ephemeral three");
    app.now = app.now.plus_ms(1_000);
    let (one, again) = post(&app.take(Msg::Tick)).expect("tried");
    assert_eq!(again.body.as_str(), "ephemeral one");
    let (two, next) = post(&app.answer(one, Ok(posted(1)))).expect("its turn: what is being sent was written later");
    assert_eq!(next.body.as_str(), "ephemeral two");
    assert!(post(&app.answer(persistent, Ok(posted(2)))).is_none(), "together again, in the order they were written");
    let (too, next) = post(&app.answer(two, Ok(posted(3)))).expect("the next");
    assert_eq!(next.body.as_str(), "persistent, too");
    let (_, next) = post(&app.answer(too, Ok(posted(4)))).expect("the last");
    assert_eq!(next.body.as_str(), "ephemeral three");
}

#[test]
fn deferred_posts_are_retried_as_soon_as_ephemeral_messages_are_accepted_again() {
    let mut app = with_deferred_ephemeral();
    assert!(posts(&app.push(service(false))).is_empty());
    let again = posts(&app.push(service(true)));
    assert_eq!(again.len(), 1, "one at a time");
    assert_eq!(
        (again[0].body.as_str(), again[0].life),
        ("ephemeral one", Some(chat_proto::request::Life::TtlMs(300_000)))
    );

    let mut app = with_deferred_ephemeral();
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
    let rooms = || vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
    let mut away = welcome(rooms());
    away.service.is_live_available = false;
    assert!(posts(&app.link(LinkEvent::Welcome(Box::new(away)))).is_empty());
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
    assert_eq!(posts(&app.link(LinkEvent::Welcome(Box::new(welcome(rooms()))))).len(), 1, "a welcome says it, too");
}

#[test]
fn a_refusal_from_before_the_recovery_is_retried_within_a_second() {
    let mut app = with_deferred_ephemeral();
    for _ in 0..6 {
        app.now = app.now.plus_ms(5_000);
        let (ask, _) = post(&app.take(Msg::Tick)).expect("every five seconds at the latest");
        app.answer(ask, live_unavailable());
    }
    app.now = app.now.plus_ms(5_000);
    let (ask, _) = post(&app.take(Msg::Tick)).expect("tried");
    app.push(service(true));
    app.answer(ask, live_unavailable());
    app.now = app.now.plus_ms(1_000);
    assert!(post(&app.take(Msg::Tick)).is_some());
}

#[test]
fn a_rate_limit_pause_is_not_cut_short_by_a_service_push() {
    let mut app = TestApp::in_two_rooms();
    let (ask, _) = post(&app.send("/ttl 5m ephemeral")).expect("sent");
    app.answer(ask, Err(CallError::Refused(ErrorBody::new(ErrorCode::RateLimited, "Too many.").retry_after(700))));
    assert!(post(&app.push(service(true))).is_none());
    app.now = app.now.plus_ms(700);
    assert!(post(&app.take(Msg::Tick)).is_some());
}

#[test]
fn each_post_has_its_delivery_status() {
    let mut app = with_deferred_ephemeral();
    app.send("persistent");
    app.send("persistent, too");
    assert!(
        matches!(
            statuses(&app)[..],
            [DeliveryStatus::EphemeralUnavailable(reason), DeliveryStatus::Queued, DeliveryStatus::Sending, DeliveryStatus::Sending]
                if reason.as_str().contains("maxmemory")
        ),
        "{:?}",
        statuses(&app)
    );
    app.push(service(false));
    app.now = app.now.plus_ms(5_000);
    app.take(Msg::Tick);
    assert!(
        matches!(statuses(&app)[..2], [DeliveryStatus::EphemeralUnavailable(_), DeliveryStatus::Queued]),
        "also while it is tried once more"
    );
    app.push(service(true));
    assert_eq!(statuses(&app), vec![DeliveryStatus::Sending; 4]);
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
    assert_eq!(statuses(&app), vec![DeliveryStatus::Offline; 4]);
}

#[test]
fn deferred_posts_can_be_retried_now_or_discarded() {
    let mut app = with_deferred_ephemeral();
    app.send("persistent");
    let (ask, again) = post(&app.send("/retry")).expect("tried");
    assert_eq!(again.body.as_str(), "ephemeral one");
    app.send("/discard");
    assert_eq!(pending_texts(&app), ["ephemeral one", "persistent"], "a message in flight may be stored already");
    app.answer(ask, live_unavailable());
    let effects = app.send("/discard");
    assert_eq!(pending_texts(&app), ["persistent"]);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::Persist(_, PersistOp::RemovePost(_)))),
        "no file knows of it"
    );
    app.now = app.now.plus_ms(60_000);
    assert!(posts(&app.take(Msg::Tick)).is_empty(), "nothing is tried any more");
}

#[test]
fn a_deferred_ephemeral_post_is_never_persisted() {
    let mut app = TestApp::in_two_rooms();
    let mut effects = app.send("/ttl 5m secret one");
    let (ask, _) = post(&effects).expect("sent");
    effects.extend(app.answer(ask, live_unavailable()));
    effects.extend(app.write("/ttl 5m secret draft"));
    for _ in 0..10 {
        app.now = app.now.plus_ms(5_000);
        let tried = app.take(Msg::Tick);
        let (ask, _) = post(&tried).expect("tried");
        effects.extend(tried);
        effects.extend(app.answer(ask, live_unavailable()));
    }
    effects.extend(app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 }));
    effects.extend(app.act(Action::Quit));
    effects.retain(|effect| matches!(effect, Effect::Persist(..)));
    assert!(!effects.is_empty() && !format!("{effects:?}").contains("secret"), "{effects:?}");
}
