//! The box one writes in: commands, completion, editing, what is kept.

use chat_proto::ids::Seq;
use chat_proto::request::{Edit, Request};

use super::*;
use crate::app::{Focus, PersistOp};

#[test]
fn a_paste_never_sends_and_cannot_steer_the_terminal() {
    let mut desk = Desk::in_two_rooms();
    let lines: String = (1..=200).map(|line| format!("line {line}\r\n")).collect();
    let effects = desk.take(Msg::Pasted(format!("{lines}\u{1b}[201~\u{1b}]0;x\u{7}end")));
    assert!(asked(&effects, |request| matches!(request, Request::Post(_))).is_none());
    assert_eq!(desk.draft().lines().count(), 201);
    assert!(!desk.draft().contains(['\u{1b}', '\r', '\u{7}']));
}

#[test]
fn people_rooms_and_commands_are_completed_one_after_the_other() {
    let mut desk = Desk::in_two_rooms();
    desk.write("ask @a");
    desk.act(Action::Complete);
    assert_eq!(desk.draft(), "ask @ana ");
    desk.write("in #o");
    desk.act(Action::Complete);
    assert_eq!(desk.draft(), "ask @ana in #ops ");
    desk.act(Action::Interrupt);
    desk.write("/t");
    desk.act(Action::Complete);
    assert_eq!(desk.draft(), "/theme ");
    desk.act(Action::Complete);
    assert_eq!(desk.draft(), "/topic ");
    desk.act(Action::CompleteBack);
    assert_eq!(desk.draft(), "/theme ");
}

#[test]
fn what_expires_is_put_into_no_file_of_an_editor() {
    let mut desk = Desk::in_two_rooms();
    let opens = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::OpenEditor(_)));
    desk.write("/ttl 30s the key");
    assert!(!opens(&desk.act(Action::Editor)));
    assert!(desk.notice().contains("expires"), "{}", desk.notice());
    desk.act(Action::Interrupt);
    desk.write("a lasting one");
    assert!(opens(&desk.act(Action::Editor)));
}

#[test]
fn an_unknown_command_is_not_sent_and_two_slashes_send_one() {
    let mut desk = Desk::in_two_rooms();
    desk.send("/frobnicate");
    assert!(desk.notice().contains("/help"));
    assert_eq!(desk.draft(), "/frobnicate");
    desk.act(Action::Interrupt);
    desk.send("//join us");
    assert_eq!(desk.room(GENERAL).pending[0].text.as_str(), "/join us");
}

#[test]
fn a_topic_is_shown_unless_it_is_said_to_clear_it() {
    let mut desk = Desk::in_two_rooms();
    let set = |effects: &[Effect]| {
        asked(effects, |request| matches!(request, Request::SetTopic(_) | Request::SetDescription(_)))
            .map(|(_, request)| request)
    };
    assert_eq!(set(&desk.send("/topic")), None);
    assert!(desk.notice().contains("/topic TEXT"), "{}", desk.notice());
    assert_eq!(set(&desk.send("/describe")), None);
    assert!(desk.notice().contains("/describe TEXT"), "{}", desk.notice());
    let mut item = message(1, ANA, "x");
    item.what = What::Topic { topic: Some("ship it".parse().expect("a topic")) };
    desk.push(event(GENERAL, 0, item));
    desk.send("/topic");
    assert_eq!(desk.notice(), "Topic, set by ana: ship it");
    let topic = chat_proto::request::SetTopic { room: GENERAL, topic: None };
    assert_eq!(set(&desk.send("/topic -clear")), Some(topic.into()));
    let description = chat_proto::request::SetDescription { room: GENERAL, description: None };
    assert_eq!(set(&desk.send("/describe -clear")), Some(description.into()));
}

#[test]
fn code_has_the_language_that_is_named() {
    let mut desk = Desk::in_two_rooms();
    for (line, language, body) in [
        ("/code rust fn main() {}", "rust", "fn main() {}"),
        ("/code:go package main", "go", "package main"),
        ("/code go build", "text", "go build"),
    ] {
        desk.send(line);
        let pending = desk.room(GENERAL).pending.last().expect("on its way").clone();
        assert_eq!((pending.code.expect("code").as_str(), pending.body.as_str()), (language, body));
    }
}

#[test]
fn an_edit_puts_back_what_was_being_written() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ME, "helo")));
    desk.write("half a thought");
    desk.act(Action::Cancel);
    assert_eq!(desk.model.focus, Focus::Message(Seq(1)));
    desk.act(Action::EditMessage);
    assert_eq!(desk.draft(), "helo");
    desk.act(Action::DeleteLeft);
    desk.write("lo");
    let effects = desk.act(Action::Send);
    let edit = asked(&effects, |request| matches!(request, Request::Edit(_))).map(|(_, request)| request);
    let body = "hello".parse().expect("a body");
    assert_eq!(edit, Some(Edit { room: GENERAL, seq: Seq(1), body }.into()));
    assert_eq!(desk.draft(), "half a thought");
}

#[test]
fn someone_elses_message_is_not_edited() {
    let mut desk = Desk::in_two_rooms();
    desk.push(event(GENERAL, 0, message(1, ANA, "hers")));
    desk.act(Action::Cancel);
    desk.act(Action::EditMessage);
    assert!(desk.notice().contains("someone else"));
    assert_eq!(desk.draft(), "");
}

#[test]
fn a_text_that_is_too_long_stays_in_the_box() {
    let mut desk = Desk::in_two_rooms();
    desk.send(&"x".repeat(8_001));
    assert!(desk.notice().contains("8001"), "{}", desk.notice());
    assert_eq!(desk.draft().len(), 8_001);
    assert!(desk.room(GENERAL).pending.is_empty());
}

#[test]
fn drafts_are_kept_for_each_room_but_not_where_messages_expire() {
    let mut desk = Desk::in_two_rooms();
    desk.write("for general");
    let effects = desk.act(Action::NextRoom);
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::StoreDraft(GENERAL, "for general".into()))));
    assert_eq!(desk.draft(), "");
    desk.act(Action::PreviousRoom);
    assert_eq!(desk.draft(), "for general");

    let mut brief = membership(OPS, "ops", 0);
    brief.room.default_ttl_ms = Some(30_000);
    desk.link(LinkMsg::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 0), brief]))));
    desk.act(Action::NextRoom);
    desk.write("secret");
    let effects = desk.act(Action::Quit);
    assert!(!format!("{effects:?}").contains("secret"), "{effects:?}");
}

#[test]
fn typing_is_told_now_and_then_and_ended_by_sending() {
    let mut desk = Desk::in_two_rooms();
    let typing = |effects: &[Effect]| {
        asked(effects, |request| matches!(request, Request::SetTyping(_))).map(|(_, request)| match request {
            Request::SetTyping(typing) => typing.is_typing,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(typing(&desk.take(Msg::Typed('h'))), Some(true));
    assert_eq!(typing(&desk.take(Msg::Typed('i'))), None);
    desk.now = desk.now.plus_ms(3_000);
    assert_eq!(typing(&desk.take(Msg::Typed('!'))), Some(true));
    assert_eq!(typing(&desk.act(Action::Send)), Some(false));
    assert_eq!(typing(&desk.write("/away lunch")), None, "commands are nobody's business");
}

#[test]
fn two_presses_leave_and_one_only_clears() {
    let mut desk = Desk::in_two_rooms();
    desk.write("text");
    assert!(!desk.act(Action::Interrupt).contains(&Effect::Quit));
    assert_eq!(desk.draft(), "");
    assert!(!desk.act(Action::Interrupt).contains(&Effect::Quit));
    assert!(desk.act(Action::Interrupt).contains(&Effect::Quit));
}
