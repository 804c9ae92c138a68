//! Edits in the input box: the draft they interrupt comes back, and a text that was not taken is not lost.

use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::request::Edit;

use super::*;
use crate::app::{Focus, PersistOp};

#[test]
fn an_edit_restores_the_draft() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ME, "helo")));
    app.write("half a thought");
    app.act(Action::Cancel);
    assert_eq!(app.model.focus, Focus::Message(Seq(1)));
    app.act(Action::EditMessage);
    assert_eq!(app.draft(), "helo");
    app.act(Action::DeleteLeft);
    app.write("lo");
    let effects = app.act(Action::Send);
    let edit = asked(&effects, |request| matches!(request, Request::Edit(_))).map(|(_, request)| request);
    let body = "hello".parse().expect("a body");
    assert_eq!(edit, Some(Edit { room: GENERAL, seq: Seq(1), body }.into()));
    assert_eq!(app.draft(), "half a thought");
}

#[test]
fn each_room_keeps_the_draft_that_an_edit_interrupted() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ME, "helo")));
    app.push(event(OPS, 0, message(1, ME, "wrld")));
    app.write("for general");
    app.act(Action::EditMessage);
    app.act(Action::NextRoom);
    app.write("for ops");
    app.act(Action::EditMessage);
    let effects = app.act(Action::PreviousRoom);
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::StoreDraft(OPS, "for ops".into()))));
    assert_eq!(app.draft(), "helo");
    app.act(Action::Cancel);
    assert_eq!(app.draft(), "for general");
    app.act(Action::NextRoom);
    app.act(Action::Cancel);
    assert_eq!(app.draft(), "for ops");
}

#[test]
fn the_text_of_an_ephemeral_message_goes_into_no_editor_file() {
    let mut app = TestApp::in_two_rooms();
    let mut ephemeral = message(1, ME, "the key");
    if let Content::Message(message) = &mut ephemeral.content {
        message.expires_at = Some(NOON.plus_ms(60_000));
    }
    app.push(event(GENERAL, 0, ephemeral));
    app.act(Action::EditMessage);
    assert_eq!(app.draft(), "the key");
    let opens = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::OpenEditor(_)));
    assert!(!opens(&app.act(Action::Editor)));
    app.now = app.now.plus_ms(120_000);
    app.take(Msg::Tick);
    assert!(!opens(&app.act(Action::Editor)), "also after it has expired");
}

#[test]
fn someone_elses_message_is_not_edited() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ANA, "hers")));
    app.act(Action::Cancel);
    app.act(Action::EditMessage);
    assert!(app.notice().contains("someone else"));
    assert_eq!(app.draft(), "");
}

/// Sends an edit, or a command, and lets the server refuse it.
fn send_in_vain(app: &mut TestApp) {
    let effects = app.act(Action::Send);
    let is_change = |request: &Request| matches!(request, Request::Edit(_) | Request::SetTopic(_));
    let (ask, _) = asked(&effects, is_change).expect("asked for");
    app.answer(ask, Err(CallError::Refused(ErrorBody::new(ErrorCode::RateLimited, "Too fast."))));
}

#[test]
fn a_text_that_the_server_did_not_take_comes_back() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ME, "helo")));
    app.write("half a thought");
    app.act(Action::EditMessage);
    app.write(" world");
    send_in_vain(&mut app);
    assert!(app.notice().contains("Too fast."), "{}", app.notice());
    assert_eq!((app.draft(), app.room(GENERAL).writing.editing), ("helo world", Some(Seq(1))));
    app.act(Action::Cancel);
    assert_eq!(app.draft(), "half a thought");
    app.act(Action::Interrupt);
    app.write("/topic a long one");
    send_in_vain(&mut app);
    assert_eq!(app.draft(), "/topic a long one");
}

#[test]
fn a_text_that_comes_back_replaces_none_written_since() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ME, "helo")));
    app.act(Action::EditMessage);
    app.write(" world");
    let effects = app.act(Action::Send);
    let (ask, _) = asked(&effects, |request| matches!(request, Request::Edit(_))).expect("asked for");
    app.write("the next thought ");
    app.answer(ask, Err(CallError::Disconnected));
    assert_eq!((app.draft(), app.room(GENERAL).writing.editing), ("the next thought ", None));
    app.act(Action::PutBack);
    assert_eq!(app.draft(), "the next thought helo world");
}

#[test]
fn an_edit_does_not_outlive_the_data_it_is_of() {
    let mut app = TestApp::in_two_rooms();
    app.push(event(GENERAL, 0, message(1, ME, "helo")));
    app.write("half a thought");
    app.act(Action::EditMessage);
    let other = Welcome { epoch: Epoch("two".into()), ..welcome(vec![membership(GENERAL, "general", 1)]) };
    app.link(LinkEvent::Welcome(Box::new(other)));
    assert_eq!((app.draft(), app.room(GENERAL).writing.editing), ("half a thought", None));
    assert!(app.notice().contains("an edit"), "{}", app.notice());
}
