//! Nothing is deleted by accident: a deletion is confirmed, and can be taken back.

use chat_proto::cursor::Parted;
use chat_proto::request::Request;
use chat_proto::server_frame::Resumed;

use super::*;
use crate::app::{Focus, Overlay};

/// An app in which one's own message is selected.
fn selected() -> TestApp {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ME, "keep this please")));
    app.act(Action::Cancel);
    assert_eq!(app.model.focus, Focus::Message(Seq(1)));
    app
}

fn is_asked(app: &TestApp) -> bool {
    matches!(app.model.overlays.open, Some(Overlay::Deletion { .. }))
}

fn deletes(effects: &[Effect]) -> bool {
    asked(effects, |request| matches!(request, Request::Delete(_))).is_some()
}

/// Whether a deletion is sent within a minute.
fn is_deleted_later(app: &mut TestApp) -> bool {
    app.now = app.now.plus_ms(60_000);
    deletes(&app.take(Msg::Tick))
}

#[test]
fn a_letter_without_a_meaning_begins_a_sentence() {
    let mut app = selected();
    "did it".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    assert_eq!((app.draft(), app.model.focus), ("did it", Focus::Composer));
}

#[test]
fn enter_never_confirms_a_deletion() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    assert!(is_asked(&app));
    app.act(Action::Choose);
    assert!(!is_asked(&app) && !is_deleted_later(&mut app));
}

#[test]
fn a_letter_that_closes_the_question_is_written() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    "id it".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    assert!(!is_asked(&app));
    assert_eq!(app.draft(), "id it");
    assert!(!is_deleted_later(&mut app));
    let mut app = selected();
    app.act(Action::DeleteMessage);
    app.take(Msg::Typed('n'));
    assert_eq!((is_asked(&app), app.draft()), (false, ""), "an answer is no text");
}

#[test]
fn a_paste_answers_no_question() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    app.write("yes");
    assert_eq!((is_asked(&app), app.draft()), (false, "yes"));
    assert!(!is_deleted_later(&mut app));
}

#[test]
fn a_confirmed_deletion_is_sent_after_five_seconds() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    assert!(!deletes(&app.take(Msg::Typed('y'))));
    assert!(app.model.next_tick().is_some_and(|at| at <= app.now.plus_ms(5_000)));
    app.now = app.now.plus_ms(4_999);
    assert!(!deletes(&app.take(Msg::Tick)));
    app.now = app.now.plus_ms(1);
    assert!(deletes(&app.take(Msg::Tick)));
    assert!(!is_deleted_later(&mut app), "once");
}

#[test]
fn a_deletion_is_taken_back() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    app.take(Msg::Typed('y'));
    app.act(Action::Undo);
    assert_eq!(app.notice(), "The message stays.");
    assert!(!is_deleted_later(&mut app));
    app.act(Action::Undo);
    assert_eq!(app.notice(), "There is nothing to undo.");
}

#[test]
fn quitting_sends_the_deletion() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    app.take(Msg::Typed('y'));
    assert!(deletes(&app.act(Action::Quit)));
}

#[test]
fn a_deletion_waits_for_the_server() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    app.take(Msg::Typed('y'));
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100_000 });
    assert!(!is_deleted_later(&mut app));
    assert!(app.model.next_tick().is_none_or(|at| at > app.now), "nothing wakes the program for it");
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 1)]))));
    assert!(is_deleted_later(&mut app));
}

#[test]
fn quitting_asks_once_more_if_a_deletion_would_be_lost() {
    let mut app = selected();
    app.act(Action::DeleteMessage);
    app.take(Msg::Typed('y'));
    app.link(LinkEvent::Down { reason: "gone".into(), retry_in_ms: 100_000 });
    assert!(!app.act(Action::Quit).contains(&Effect::Quit));
    assert!(app.notice().contains("deletion"), "{}", app.notice());
    assert!(app.act(Action::Quit).contains(&Effect::Quit));
}

#[test]
fn a_deletion_does_not_outlive_the_data_it_is_of() {
    let other_epoch = |mut welcome: Welcome| {
        welcome.epoch = Epoch("two".into());
        welcome
    };
    let parted = |mut welcome: Welcome| {
        let parted = Some(Parted { at: None });
        let (room, head) = (GENERAL, at(1));
        welcome.resumed = vec![Resumed { room, items: Vec::new(), is_complete: false, head, parted }];
        welcome
    };
    let ways: [&dyn Fn(Welcome) -> Welcome; 2] = [&other_epoch, &parted];
    for way in ways {
        let mut app = selected();
        app.act(Action::DeleteMessage);
        app.take(Msg::Typed('y'));
        app.link(LinkEvent::Welcome(Box::new(way(welcome(vec![membership(GENERAL, "general", 1)])))));
        assert!(app.notice().contains("1 deletion"), "{}", app.notice());
        assert!(!is_deleted_later(&mut app));
    }
}
