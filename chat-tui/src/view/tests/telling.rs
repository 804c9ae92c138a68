//! What the client tells its person: whole where it matters, and as long as it holds.

use chat_proto::server_frame::Service;

use super::*;
use crate::action::Action;

/// All that is shown, as one line.
fn told(desk: &mut Desk, width: u16, height: u16) -> String {
    let (lines, _) = draw(desk, width, height);
    lines.iter().map(|line| line.rsplit('│').next().unwrap_or_default().trim()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_notice_is_read_to_its_end_and_who_types_beside_it() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut desk = afternoon();
        desk.write("/frobnicate");
        desk.act(Action::Send);
        let told = told(&mut desk, width, height);
        assert!(told.contains("Begin with // to send a slash."), "{told}");
        assert!(told.contains("ben is typing …"), "{told}");
    }
}

#[test]
fn a_notice_that_is_too_long_keeps_what_happened_and_what_to_do() {
    let mut desk = afternoon();
    let text = format!("It went wrong because of {} and so on. Do this: /help.", "a long list of reasons, ".repeat(20));
    desk.take(Msg::Notice { text, is_error: true });
    let told = told(&mut desk, 40, 10);
    assert!(told.contains("It went wrong because") && told.contains("Do this: /help."), "{told}");
    insta::assert_snapshot!(draw(&mut desk, 40, 10).0.join("\n"));
}

#[test]
fn who_is_cut_off_learns_why_and_what_to_do() {
    let mut desk = afternoon();
    let reason = "the server was stopped; /retry starts it again";
    desk.link(LinkMsg::Down { reason: reason.into(), retry_in_ms: 6_000 });
    assert!(told(&mut desk, 40, 10).contains(reason));
    desk.send("on its way");
    for (width, height) in [(80, 24), (40, 10)] {
        let both = told(&mut desk, width, height);
        assert!(both.contains("1 to send") && both.contains(reason), "{both}");
    }
    desk.link(LinkMsg::Down { reason: "no server answers".into(), retry_in_ms: 6_000 });
    assert!(told(&mut desk, 80, 24).contains("no server answers; /retry tries now"));
}

#[test]
fn what_the_server_cannot_do_is_told_as_long_as_it_cannot() {
    let mut desk = afternoon();
    let works =
        |is_live_available, is_store_available| ServerFrame::Service(Service { is_live_available, is_store_available });
    desk.push(works(false, true));
    let shown = told(&mut desk, 80, 24);
    assert!(
        shown.contains("Messages that expire are not taken just now") && shown.contains("ben is typing"),
        "{shown}"
    );
    desk.now = desk.now.plus_ms(60_000);
    desk.take(Msg::Tick);
    assert!(
        told(&mut desk, 40, 10).contains("Messages that expire are not taken"),
        "it is no notice that goes by itself"
    );
    desk.push(works(true, false));
    assert!(told(&mut desk, 80, 24).contains("The server cannot write just now: messages wait."));
    desk.push(works(true, true));
    let shown = told(&mut desk, 80, 24);
    assert!(!shown.contains("cannot write") && !shown.contains("not taken"), "{shown}");
}

#[test]
fn a_server_that_is_older_is_told_of_once() {
    let mut desk = Desk::new();
    let mut hello = welcome(vec![membership(GENERAL, "general", 0)]);
    hello.server_version = "0.0.1".into();
    desk.link(LinkMsg::Welcome(Box::new(hello.clone())));
    assert!(told(&mut desk, 80, 24).contains("(0.0.1) is older than this program"));
    assert!(told(&mut desk, 80, 24).contains("`chat local restart`"));
    desk.now = desk.now.plus_ms(60_000);
    desk.take(Msg::Tick);
    desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
    desk.link(LinkMsg::Welcome(Box::new(hello)));
    assert!(!told(&mut desk, 80, 24).contains("older"));
}

#[test]
fn what_a_deletion_does_is_read_also_where_it_is_narrow() {
    let mut desk = afternoon();
    desk.push(event(GENERAL, 11, message(12, ME, "mine")));
    desk.act(Action::Cancel);
    desk.act(Action::DeleteMessage);
    let shown = draw(&mut desk, 40, 10).0.join("\n").replace(['│', '\n'], " ");
    let told = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("Its text goes from the server and from all screens."), "{told}");
    assert!(told.contains("Enter, y delete · Esc, n keep"), "{told}");
}

#[test]
fn no_line_of_the_help_is_cut() {
    for (width, height) in [(40, 10), (80, 24), (120, 36)] {
        let mut desk = afternoon();
        desk.model.setup.keys = crate::keymap::Keymap::embedded().keys();
        desk.act(Action::Help);
        let mut seen = String::new();
        for _ in 0..300 {
            let (lines, _) = draw(&mut desk, width, height);
            assert!(!lines.iter().any(|line| line.contains("… │")), "{lines:#?}");
            seen.push_str(&lines.join("\n"));
            desk.act(Action::ListDown);
        }
        assert!(seen.contains("everywhere") && seen.contains("/theme dark|light"));
        desk.act(Action::ListUp);
        desk.act(Action::ListUp);
        assert!(!draw(&mut desk, width, height).0.join("\n").contains("Change the colours"), "one step up is one step");
    }
}

#[test]
fn beside_each_message_stands_what_it_waits_for() {
    use chat_proto::error::{ErrorBody, ErrorCode};
    let works = |is_live_available| ServerFrame::Service(Service { is_live_available, is_store_available: true });
    let refuse = |desk: &mut Desk, text: &str| {
        let effects = desk.send(text);
        let is_post = |request: &chat_proto::request::Request| matches!(request, chat_proto::request::Request::Post(_));
        let (ask, _) = crate::app::tests::asked(&effects, is_post).expect("sent");
        let message = "The message was not taken: no memory left; give Redis more (maxmemory).";
        desk.answer(ask, Err(crate::app::Refusal::Refused(ErrorBody::new(ErrorCode::LiveUnavailable, message))));
    };
    for (width, height) in [(80, 24), (40, 10)] {
        let mut desk = afternoon();
        refuse(&mut desk, "/ttl 5m first");
        desk.send("/ttl 5m second");
        let shown = told(&mut desk, width, height);
        assert!(shown.contains("first (waits: no memory left; give Redis more (maxmemory) · /discard)"), "{shown}");
        assert!(shown.contains("second (waits for the one before it)"), "{shown}");
        desk.push(works(false));
        let shown = told(&mut desk, width, height);
        assert!(shown.contains("more (maxmemory) · /discard)"), "beside the banner, which says no reason: {shown}");
        desk.now = desk.now.plus_ms(1_000);
        desk.push(works(true));
        let shown = told(&mut desk, width, height);
        assert!(shown.contains("first (sending)") && shown.contains("second (sending)"), "{shown}");
        desk.link(LinkMsg::Down { reason: "gone".into(), retry_in_ms: 100 });
        assert!(told(&mut desk, width, height).contains("first (waits for the link)"));
    }
}
