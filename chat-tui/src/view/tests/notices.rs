//! Notices and outages: readable on every screen, and shown as long as they apply.

use chat_proto::server_frame::{Service, Welcome};

use super::*;
use crate::action::Action;

/// The whole screen as one line.
fn shown_text(app: &mut TestApp, width: u16, height: u16) -> String {
    let (lines, _) = draw(app, width, height);
    lines.iter().map(|line| line.rsplit('│').next().unwrap_or_default().trim()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_notice_is_read_to_its_end_and_who_types_beside_it() {
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = afternoon();
        app.write("/frobnicate");
        app.act(Action::Send);
        let text = shown_text(&mut app, width, height);
        assert!(text.contains("Begin with // to send a slash."), "{text}");
        assert!(text.contains("ben is typing …"), "{text}");
    }
}

#[test]
fn a_long_notice_keeps_its_start_and_its_advice() {
    let mut app = afternoon();
    let text = format!("It went wrong because of {} and so on. Do this: /help.", "a long list of reasons, ".repeat(20));
    app.take(Msg::Notice { text, is_error: true });
    let text = shown_text(&mut app, 40, 10);
    assert!(text.contains("It went wrong because") && text.contains("Do this: /help."), "{text}");
    insta::assert_snapshot!(draw(&mut app, 40, 10).0.join("\n"));
}

#[test]
fn a_lost_link_shows_why_and_what_to_do() {
    let mut app = afternoon();
    let reason = "the server was stopped; /retry starts it again";
    app.link(LinkEvent::Down { reason: reason.into(), retry_in_ms: 6_000 });
    assert!(shown_text(&mut app, 40, 10).contains(reason));
    app.send("on its way");
    for (width, height) in [(80, 24), (40, 10)] {
        let both = shown_text(&mut app, width, height);
        assert!(both.contains("1 to send") && both.contains(reason), "{both}");
    }
    app.link(LinkEvent::Down { reason: "no server answers".into(), retry_in_ms: 6_000 });
    assert!(shown_text(&mut app, 80, 24).contains("no server answers; /retry tries now"));
}

#[test]
fn an_outage_is_shown_as_long_as_it_continues() {
    let mut app = afternoon();
    let works =
        |is_live_available, is_store_available| ServerFrame::Service(Service { is_live_available, is_store_available });
    app.push(works(false, true));
    let shown = shown_text(&mut app, 80, 24);
    assert!(shown.contains("Ephemeral messages are unavailable") && shown.contains("ben is typing"), "{shown}");
    app.now = app.now.plus_ms(60_000);
    app.take(Msg::Tick);
    assert!(
        shown_text(&mut app, 40, 10).contains("Ephemeral messages are unavailable"),
        "it is no notice that goes by itself"
    );
    app.push(works(true, false));
    assert!(shown_text(&mut app, 80, 24).contains("The server cannot write just now: messages wait."));
    app.push(works(true, true));
    let shown = shown_text(&mut app, 80, 24);
    assert!(!shown.contains("cannot write") && !shown.contains("not taken"), "{shown}");
}

#[test]
fn an_older_server_is_reported_once() {
    let mut app = TestApp::new();
    app.model.setup.is_server_own = true;
    let mut hello = welcome(vec![membership(GENERAL, "general", 0)]);
    hello.server_version = "0.0.1".into();
    app.link(LinkEvent::Welcome(Box::new(hello.clone())));
    assert!(shown_text(&mut app, 80, 24).contains("(0.0.1) is older than this program"));
    assert!(shown_text(&mut app, 80, 24).contains("`chat local restart`"));
    app.now = app.now.plus_ms(60_000);
    app.take(Msg::Tick);
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
    app.link(LinkEvent::Welcome(Box::new(hello)));
    assert!(!shown_text(&mut app, 80, 24).contains("older"));
}

#[test]
fn a_restart_is_not_advised_for_a_server_of_others() {
    let mut app = TestApp::new();
    let server_version = "0.0.1".into();
    app.link(LinkEvent::Welcome(Box::new(Welcome { server_version, ..welcome(Vec::new()) })));
    let shown = shown_text(&mut app, 80, 24);
    assert!(shown.contains("(0.0.1) is older than this program") && !shown.contains("local restart"), "{shown}");
}

#[test]
fn the_deletion_question_is_readable_on_a_narrow_screen() {
    let mut app = afternoon();
    app.push(event(GENERAL, 11, message(12, ME, "mine")));
    app.act(Action::Cancel);
    app.act(Action::DeleteMessage);
    let shown = draw(&mut app, 40, 10).0.join("\n").replace(['│', '\n'], " ");
    let text = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("The text is removed from the server and every screen."), "{text}");
    assert!(text.contains("y deletes · n, Esc keep it"), "{text}");
}

#[test]
fn no_line_of_the_help_is_cut() {
    for (width, height) in [(40, 10), (80, 24), (120, 36)] {
        let mut app = afternoon();
        app.model.setup.keys = crate::keymap::Keymap::embedded().keys();
        app.act(Action::Help);
        let mut seen = String::new();
        for _ in 0..300 {
            let (lines, _) = draw(&mut app, width, height);
            assert!(!lines.iter().any(|line| line.contains("… │")), "{lines:#?}");
            seen.push_str(&lines.join("\n"));
            app.act(Action::ListDown);
        }
        assert!(seen.contains("everywhere") && seen.contains("/theme auto|dark|light|FILE"));
        app.act(Action::ListUp);
        app.act(Action::ListUp);
        assert!(!draw(&mut app, width, height).0.join("\n").contains("Change the colours"), "one step up is one step");
    }
}

#[test]
fn each_pending_message_shows_its_delivery_status() {
    use chat_proto::error::{ErrorBody, ErrorCode};
    let works = |is_live_available| ServerFrame::Service(Service { is_live_available, is_store_available: true });
    let refuse = |app: &mut TestApp, text: &str| {
        let effects = app.send(text);
        let is_post = |request: &chat_proto::request::Request| matches!(request, chat_proto::request::Request::Post(_));
        let (ask, _) = crate::app::tests::asked(&effects, is_post).expect("sent");
        let message = "The message was not accepted: no memory left; give Redis more (maxmemory).";
        app.answer(
            ask,
            Err(crate::link_event::CallError::Refused(ErrorBody::new(ErrorCode::LiveUnavailable, message))),
        );
    };
    for (width, height) in [(80, 24), (40, 10)] {
        let mut app = afternoon();
        refuse(&mut app, "/ttl 5m first");
        app.send("/ttl 5m second");
        let shown = shown_text(&mut app, width, height);
        assert!(shown.contains("first (waits: no memory left; give Redis more (maxmemory) · /discard)"), "{shown}");
        assert!(shown.contains("second (queued)"), "{shown}");
        app.push(works(false));
        let shown = shown_text(&mut app, width, height);
        assert!(shown.contains("more (maxmemory) · /discard)"), "beside the banner, which says no reason: {shown}");
        app.now = app.now.plus_ms(1_000);
        app.push(works(true));
        let shown = shown_text(&mut app, width, height);
        assert!(shown.contains("first (sending)") && shown.contains("second (sending)"), "{shown}");
        app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100 });
        assert!(shown_text(&mut app, width, height).contains("first (offline)"));
    }
}
