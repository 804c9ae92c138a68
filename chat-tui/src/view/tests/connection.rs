//! Screens of a client that connects, loses its server or cannot send.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{Epoch, Seq};
use chat_proto::server_frame::{AccountChange, AccountEvent, Service};

use super::scene::{four_people, happened, posted, room_with, sign_in, talk};
use super::*;
use crate::action::Action;
use crate::app::{Effect, FirstKeys, PersistOp, Restored, RoomKey, SavedRoom, ServerKey, StoredPost};
use crate::link_event::{CallError, NetError};

fn down(app: &mut TestApp, reason: &str) {
    app.link(LinkEvent::Down { reason: reason.into(), retry_in_ms: 8_000 });
}

/// Lets time pass: a post on its way says so after a second.
fn wait(app: &mut TestApp, ms: u64) {
    app.now = app.now.plus_ms(ms);
    app.take(Msg::Tick);
}

/// The bar of `#general` at this width, with a topic of so many letters.
fn bar_with_topic(width: u16, letters: usize) -> String {
    let mut app = room_with(talk());
    if letters > 0 {
        let content = Content::Topic { topic: Some("t".repeat(letters).parse().expect("a topic")) };
        let seq = 10;
        app.push(event(GENERAL, seq - 1, happened(seq, ANA, content)));
    }
    draw(&mut app, width, 24).0[0].clone()
}

#[test]
fn account_and_server_stand_in_the_bar_and_leave_the_topic_its_room() {
    assert!(bar_with_topic(80, 0).contains("zoe@here  ● online 30 ms"));
    assert!(bar_with_topic(120, 30).contains(&format!("{}  ", "t".repeat(30))));
    assert!(bar_with_topic(120, 30).contains("zoe@here  ● online 30 ms"));
    let long = bar_with_topic(120, 200);
    assert!(long.contains("zoe@here  ●") && long.contains(&"t".repeat(40)), "{long}");
    let narrow = bar_with_topic(80, 30);
    assert!(narrow.contains(&"t".repeat(30)), "the topic is whole: {narrow}");
    assert!(bar_with_topic(40, 30).contains(&"t".repeat(17)), "{}", bar_with_topic(40, 30));
    assert!(!bar_with_topic(40, 30).contains("zoe"));
    assert!(bar_with_topic(40, 0).contains("zoe"));
}

fn service(is_live_available: bool, is_store_available: bool) -> ServerFrame {
    ServerFrame::Service(Service { is_live_available, is_store_available })
}

#[test]
fn the_first_start_before_the_server_answers() {
    insta::assert_snapshot!(shown(&mut TestApp::new(), 80, 24));
    insta::assert_snapshot!("the_first_start_on_a_narrow_screen", shown(&mut TestApp::new(), 40, 10));
}

#[test]
fn an_account_that_is_in_no_room() {
    let mut app = TestApp::new();
    app.link(LinkEvent::Welcome(Box::new(welcome(Vec::new()))));
    insta::assert_snapshot!("an_account_in_no_room_80x24", shown(&mut app, 80, 24));
    insta::assert_snapshot!("an_account_in_no_room_40x10", shown(&mut app, 40, 10));
}

#[test]
fn a_room_that_is_loading() {
    let mut app = TestApp::new();
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 9)]))));
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn an_empty_room() {
    let mut app = first_minute();
    insta::assert_snapshot!(shown(&mut app, 80, 24));
    insta::assert_snapshot!("an_empty_room_on_a_wide_screen", shown(&mut app, 120, 36));
    insta::assert_snapshot!("an_empty_room_on_a_narrow_screen", shown(&mut app, 40, 10));
}

#[test]
fn a_room_into_which_people_only_came_explains_itself() {
    let screen = shown(&mut room_with(vec![happened(1, ME, Content::Join)]), 80, 24);
    assert!(screen.contains("is empty. Type a message and press Enter.") && screen.contains("joined"), "{screen}");
    assert!(!shown(&mut room_with(talk()), 80, 24).contains("Enter sends"));
}

/// An empty room before a person who has used no key yet.
fn first_minute() -> TestApp {
    let mut app = room_with(Vec::new());
    app.model.setup.keys = crate::keymap::Keymap::embedded().keys();
    app.model.first_keys = FirstKeys::default();
    app
}

#[test]
fn the_first_keys_are_shown_until_they_were_used() {
    let mut app = first_minute();
    let has = |app: &mut TestApp, text: &str| draw(app, 80, 24).0[22].contains(text);
    assert!(has(&mut app, "F1 keys · Ctrl+K go · / commands · Ctrl+Q leave"));
    let stored = |effects: &[Effect], name| {
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Persist(_, PersistOp::StoreUsedKey(used)) if *used == name))
    };
    assert!(stored(&app.act(Action::Help), "help"));
    app.act(Action::Close);
    assert!(!stored(&app.act(Action::Help), "help"), "once");
    app.act(Action::Close);
    assert!(has(&mut app, "Ctrl+K go · / commands · Ctrl+Q leave") && !has(&mut app, "F1 keys"));
    app.send("/online");
    app.act(Action::SwitchRoom);
    app.act(Action::Close);
    wait(&mut app, 60_000);
    assert!(!has(&mut app, "/ commands") && !has(&mut app, "Ctrl+K go") && has(&mut app, "Ctrl+Q leave"));
    let mut next = first_minute();
    let used_keys = ["help", "go", "command", "leave"].map(str::to_owned).to_vec();
    next.take(Msg::Restored(Box::new(Restored { used_keys, ..Restored::default() })));
    assert!(!has(&mut next, "Ctrl+Q"), "remembered");
}

#[test]
fn a_restart_with_an_unsent_post_while_connecting() {
    let room_key = RoomKey { server: ServerKey::FIRST, room: GENERAL };
    let items = talk();
    let cursor = crate::app::tests::at(items.len() as u64);
    let (membership, announced) = (membership(GENERAL, "general", cursor.seq.0), cursor.seq);
    let saved = SavedRoom { membership, announced, cursor, floor: Seq(1), items };
    let post = StoredPost {
        room_key,
        key: "k-1".parse().expect("a key"),
        body: "written on the train".parse().expect("a body"),
        code: None,
        is_forced_persistent: false,
    };
    let restored = Restored {
        me: Some(user(ME, "zoe")),
        epoch: Some(Epoch("one".into())),
        rooms: vec![saved],
        users: vec![user(ANA, "ana"), user(BEN, "ben"), user(DEE, "dee")],
        outbox: vec![post],
        ..Restored::default()
    };
    let mut app = TestApp::new();
    app.take(Msg::Restored(Box::new(restored)));
    app.link(LinkEvent::Connecting);
    wait(&mut app, 2_000);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn an_unreachable_server_with_two_unsent_posts() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_with(talk());
        down(&mut app, "no server answers");
        app.send("shall I tag it?");
        app.send("or does somebody else?");
        wait(&mut app, 3_000);
        insta::assert_snapshot!(
            format!("unreachable_with_unsent_posts_{width}x{height}"),
            shown(&mut app, width, height)
        );
    }
}

#[test]
fn reconnecting_with_an_unsent_post() {
    let mut app = room_with(talk());
    down(&mut app, "no server answers");
    app.send("shall I tag it?");
    wait(&mut app, 8_000);
    app.link(LinkEvent::Connecting);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_slow_connection_with_posts_on_their_way() {
    let mut app = room_with(talk());
    app.heartbeat(1_430, app.now);
    app.send("shall I tag it?");
    app.send("I have the notes ready");
    wait(&mut app, 2_000);
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn an_outstanding_answer_is_counted_in_the_bar() {
    let mut app = room_with(Vec::new());
    app.end_requests();
    wait(&mut app, 60_000);
    assert!(draw(&mut app, 80, 24).0[0].contains("● online"), "nothing is outstanding");
    app.send("is anybody there?");
    wait(&mut app, 2_000);
    assert!(draw(&mut app, 80, 24).0[0].contains("● online"));
    assert_eq!(app.model.next_tick(), Some(app.now.plus_ms(1)), "it wakes by itself");
    wait(&mut app, 3_400);
    assert!(draw(&mut app, 80, 24).0[0].contains("◌ 5 s without answer"), "{}", draw(&mut app, 80, 24).0[0]);
    assert!(draw(&mut app, 40, 10).0[0].contains("◌ silent 5 s"));
    assert_eq!(app.model.next_tick(), Some(app.now.plus_ms(600)));
    app.end_requests();
    assert!(!draw(&mut app, 80, 24).0[0].contains("without answer"));
}

#[test]
fn a_heartbeat_without_answer_is_counted_until_it_is_answered() {
    let mut app = room_with(Vec::new());
    app.link(LinkEvent::Silent { for_ms: 2_001 });
    assert!(draw(&mut app, 80, 24).0[0].contains("◌ 2 s without answer"));
    wait(&mut app, 4_000);
    assert!(draw(&mut app, 80, 24).0[0].contains("◌ 6 s without answer"));
    app.end_requests();
    app.heartbeat(30, app.now);
    assert!(draw(&mut app, 80, 24).0[0].contains("● online 30 ms"));
}

#[test]
fn a_further_try_keeps_the_reason_and_counts() {
    let mut app = room_with(talk());
    down(&mut app, "the server does not answer");
    wait(&mut app, 8_000);
    app.link(LinkEvent::Connecting);
    wait(&mut app, 7_000);
    let screen = shown(&mut app, 80, 24);
    assert!(screen.contains("◌ connecting, 7 s") && screen.contains("the server does not answer"), "{screen}");
    sign_in(&mut app, vec![membership(GENERAL, "general", 9)], (four_people(), talk()));
    assert!(!shown(&mut app, 80, 24).contains("does not answer"));
}

#[test]
fn the_server_ended_this_sign_in() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_with(talk());
        app.link(LinkEvent::Stopped { error: NetError::SignedOut });
        insta::assert_snapshot!(format!("signed_out_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn a_refused_post_names_the_reason_and_both_ways_out() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_with(talk());
        let ask = posted(&app.send("@everyone lunch is here"));
        let body = ErrorBody::new(ErrorCode::NotAllowed, "Only moderators may mention everyone.");
        app.answer(ask, Err(CallError::Refused(body)));
        insta::assert_snapshot!(format!("a_refused_post_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn the_live_store_is_unavailable_and_an_ephemeral_post_waits() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_with(talk());
        let ask = posted(&app.send("/ttl 5m the door code is 4417"));
        let text = "The message was not accepted: the live store is unreachable.";
        app.answer(ask, Err(CallError::Refused(ErrorBody::new(ErrorCode::LiveUnavailable, text))));
        app.push(service(false, true));
        insta::assert_snapshot!(format!("live_store_unavailable_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn the_database_is_unavailable_and_a_post_waits() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = room_with(talk());
        app.push(service(true, false));
        let ask = posted(&app.send("shall I tag it?"));
        let body = ErrorBody::new(ErrorCode::Busy, "The disk is full.");
        app.answer(ask, Err(CallError::Refused(body)));
        wait(&mut app, 1_500);
        insta::assert_snapshot!(format!("database_unavailable_{width}x{height}"), shown(&mut app, width, height));
    }
}

#[test]
fn neither_store_is_available() {
    let mut app = room_with(talk());
    app.push(service(false, false));
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn an_older_server_is_announced() {
    let mut app = TestApp::new();
    app.model.setup.is_server_own = true;
    let mut hello = welcome(vec![membership(GENERAL, "general", 0)]);
    hello.server_version = "0.0.1".into();
    let effects = app.link(LinkEvent::Welcome(Box::new(hello)));
    app.answer_history(&effects, Vec::new());
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}

#[test]
fn a_notice_of_the_server_and_an_unknown_command() {
    let mut app = room_with(talk());
    let change = AccountChange::Notice { text: "The server restarts at 18:00 for an update.".into() };
    let (seq, prev) = (chat_proto::ids::AccountSeq(1), chat_proto::ids::AccountSeq(0));
    app.push(ServerFrame::Account(AccountEvent { seq, prev, change }));
    insta::assert_snapshot!("a_notice_of_the_server", shown(&mut app, 80, 24));
    app.send("/frobnicate now");
    insta::assert_snapshot!("an_unknown_command", shown(&mut app, 80, 24));
}

#[test]
fn after_an_outage_the_posts_are_sent_and_the_room_goes_on() {
    let mut app = room_with(talk());
    down(&mut app, "no server answers");
    app.send("shall I tag it?");
    let mut items = talk();
    items.push(message(10, ANA, "did the server just restart?"));
    sign_in(&mut app, vec![membership(GENERAL, "general", 10)], (four_people(), items));
    insta::assert_snapshot!(shown(&mut app, 80, 24));
}
