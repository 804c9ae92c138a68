//! The input box: commands, completion, editing, saved drafts.

use chat_proto::request::Request;

use super::*;
use crate::app::PersistOp;
use crate::argument::{RSVPS, TTL_PRESETS};

#[test]
fn a_paste_never_sends_and_cannot_steer_the_terminal() {
    let mut app = TestApp::in_two_rooms();
    let lines: String = (1..=200).map(|line| format!("line {line}\r\n")).collect();
    let effects = app.take(Msg::Pasted(format!("{lines}\u{1b}[201~\u{1b}]0;x\u{7}end")));
    assert!(asked(&effects, |request| matches!(request, Request::Post(_))).is_none());
    assert_eq!(app.draft().lines().count(), 201);
    assert!(!app.draft().contains(['\u{1b}', '\r', '\u{7}']));
}

#[test]
fn people_rooms_and_commands_are_completed_one_after_the_other() {
    let mut app = TestApp::in_two_rooms();
    app.write("ask @a");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "ask @ana ");
    app.write("in #o");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "ask @ana in #ops ");
    app.act(Action::Interrupt);
    app.write("/t");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "/theme ");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "/topic ");
    app.act(Action::CompleteBack);
    assert_eq!(app.draft(), "/theme ");
}

#[test]
fn ephemeral_text_goes_into_no_editor_file() {
    let mut app = TestApp::in_two_rooms();
    let opens = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::OpenEditor(_)));
    app.write("/ttl 30s the key");
    assert!(!opens(&app.act(Action::Editor)));
    assert!(app.notice().contains("Ephemeral texts"), "{}", app.notice());
    app.act(Action::Interrupt);
    app.write("a persistent one");
    assert!(opens(&app.act(Action::Editor)));
}

#[test]
fn an_unknown_command_is_not_sent_and_two_slashes_send_one() {
    let mut app = TestApp::in_two_rooms();
    app.send("/frobnicate");
    assert!(app.notice().contains("/help"));
    assert_eq!(app.draft(), "/frobnicate");
    app.act(Action::Interrupt);
    app.send("//join us");
    assert_eq!(app.room(GENERAL).writing.pending[0].text.as_str(), "/join us");
}

#[test]
fn a_topic_is_shown_unless_clear_is_given() {
    let mut app = TestApp::in_two_rooms();
    let set = |effects: &[Effect]| {
        asked(effects, |request| matches!(request, Request::SetTopic(_) | Request::SetDescription(_)))
            .map(|(_, request)| request)
    };
    assert_eq!(set(&app.send("/topic")), None);
    assert!(app.notice().contains("/topic TEXT"), "{}", app.notice());
    let effects = app.send("/describe");
    assert_eq!(set(&effects), None);
    assert!(asked(&effects, |request| matches!(request, Request::RoomInfo(_))).is_some(), "none is known");
    let mut item = message(1, ANA, "x");
    item.content = Content::Topic { topic: Some("ship it".parse().expect("a topic")) };
    app.push(event(GENERAL, 0, item));
    app.send("/topic");
    assert_eq!(app.notice(), "Topic, set by ana: ship it");
    let topic = chat_proto::request::SetTopic { room: GENERAL, topic: None };
    assert_eq!(set(&app.send("/topic -clear")), Some(topic.into()));
    let description = chat_proto::request::SetDescription { room: GENERAL, description: None };
    assert_eq!(set(&app.send("/describe -clear")), Some(description.into()));
}

#[test]
fn code_has_the_language_that_is_named() {
    let mut app = TestApp::in_two_rooms();
    for (line, language, body) in [
        ("/code rust fn main() {}", "rust", "fn main() {}"),
        ("/code:go package main", "go", "package main"),
        ("/code go build", "text", "go build"),
    ] {
        app.send(line);
        let pending = app.room(GENERAL).writing.pending.last().expect("on its way").clone();
        assert_eq!((pending.code.expect("code").as_str(), pending.body.as_str()), (language, body));
    }
}

#[test]
fn a_text_that_is_too_long_stays_in_the_box() {
    let mut app = TestApp::in_two_rooms();
    app.send(&"x".repeat(8_001));
    assert!(app.notice().contains("8001"), "{}", app.notice());
    assert_eq!(app.draft().len(), 8_001);
    assert!(app.room(GENERAL).writing.pending.is_empty());
}

#[test]
fn what_the_server_takes_is_asked_before_sending() {
    let app = || {
        let mut narrow = welcome(vec![membership(GENERAL, "general", 0)]);
        narrow.limits.body_max_chars = 200;
        narrow.limits.typing_every_ms = 1_000;
        let mut app = TestApp::in_two_rooms();
        app.link(LinkEvent::Welcome(Box::new(narrow)));
        app
    };
    for text in ["x".repeat(201), format!("/code {}", "x".repeat(201))] {
        let mut app = app();
        app.send(&text);
        assert!(app.notice().contains("201 characters; at most 200"), "{}", app.notice());
        assert!(app.room(GENERAL).writing.pending.is_empty());
    }
    let mut app = app();
    let is_typing_sent =
        |effects: &[Effect]| asked(effects, |request| matches!(request, Request::SetTyping(_))).is_some();
    assert!(is_typing_sent(&app.take(Msg::Typed('h'))));
    app.now = app.now.plus_ms(1_000);
    assert!(is_typing_sent(&app.take(Msg::Typed('i'))));
}

#[test]
fn drafts_are_saved_per_room_but_not_in_ephemeral_rooms() {
    let mut app = TestApp::in_two_rooms();
    app.write("for general");
    let effects = app.act(Action::NextRoom);
    assert!(effects.contains(&Effect::Persist(ServerKey::FIRST, PersistOp::StoreDraft(GENERAL, "for general".into()))));
    assert_eq!(app.draft(), "");
    app.act(Action::PreviousRoom);
    assert_eq!(app.draft(), "for general");

    let mut ephemeral = membership(OPS, "ops", 0);
    ephemeral.room.default_ttl_ms = Some(30_000);
    app.link(LinkEvent::Welcome(Box::new(welcome(vec![membership(GENERAL, "general", 0), ephemeral]))));
    app.act(Action::NextRoom);
    app.write("secret");
    let effects = app.act(Action::Quit);
    assert!(!format!("{effects:?}").contains("secret"), "{effects:?}");
}

#[test]
fn typing_is_sent_now_and_then_and_ended_by_sending() {
    let mut app = TestApp::in_two_rooms();
    let typing = |effects: &[Effect]| {
        asked(effects, |request| matches!(request, Request::SetTyping(_))).map(|(_, request)| match request {
            Request::SetTyping(typing) => typing.is_typing,
            other => panic!("{other:?}"),
        })
    };
    assert_eq!(typing(&app.take(Msg::Typed('h'))), Some(true));
    assert_eq!(typing(&app.take(Msg::Typed('i'))), None);
    app.now = app.now.plus_ms(3_000);
    assert_eq!(typing(&app.take(Msg::Typed('!'))), Some(true));
    assert_eq!(typing(&app.act(Action::Send)), Some(false));
    assert_eq!(typing(&app.write("/away lunch")), None, "commands are nobody's business");
}

#[test]
fn two_presses_leave_and_one_only_clears() {
    let mut app = TestApp::in_two_rooms();
    app.write("text");
    assert!(!app.act(Action::Interrupt).contains(&Effect::Quit));
    assert_eq!(app.draft(), "");
    assert!(!app.act(Action::Interrupt).contains(&Effect::Quit));
    assert!(app.act(Action::Interrupt).contains(&Effect::Quit));
}

#[test]
fn joining_a_known_room_clears_the_command_and_no_other_draft() {
    let mut app = TestApp::in_two_rooms();
    app.act(Action::NextRoom);
    app.write("for ops");
    app.act(Action::PreviousRoom);
    app.send("/join #ops");
    assert_eq!(app.draft(), "for ops");
    app.act(Action::PreviousRoom);
    assert_eq!(app.draft(), "");
}

#[test]
fn a_room_is_joined_by_name_or_id_as_on_the_command_line() {
    let mut app = TestApp::in_two_rooms();
    app.send("/join R2");
    assert_eq!(app.model.navigation.current.map(|room_key| room_key.room), Some(OPS));
    let effects = app.send("/join R7");
    let (_, request) = asked(&effects, |request| matches!(request, Request::Join(_))).expect("asked to join");
    assert!(matches!(request, Request::Join(join) if join.room == RoomId(7)), "{request:?}");
    app.send("/join @ana");
    assert_eq!(app.notice(), "There is no direct message with @ana.");
}

#[test]
fn arguments_are_completed_from_the_tables_that_read_them() {
    let mut app = TestApp::in_two_rooms();
    let mut offered = |line: &str| {
        app.write(line);
        let (_, found) = app.model.candidates().expect("candidates");
        app.act(Action::Interrupt);
        found.into_iter().map(|candidate| (candidate.text.trim_end().to_owned(), candidate.help)).collect::<Vec<_>>()
    };
    let table = |(word, help): (&str, &str)| (word.to_owned(), help.to_owned());
    let presets: Vec<_> = TTL_PRESETS.iter().map(|choice| table((choice.word, choice.help))).collect();
    let answers: Vec<_> = RSVPS.iter().map(|choice| table((choice.word, choice.help))).collect();
    assert_eq!(offered("/ttl "), presets);
    assert_eq!(offered("/rsvp "), answers);
}

#[test]
fn what_is_typed_from_habit_is_never_posted() {
    let is_posted = |app: &TestApp| !app.room(GENERAL).writing.pending.is_empty();
    let mut app = TestApp::in_two_rooms();
    let effects = app.send(":q");
    assert!(effects.contains(&Effect::Quit) && !is_posted(&app));
    assert_eq!(app.draft(), "", "it is no draft at the next start");
    let mut app = TestApp::in_two_rooms();
    app.send("?");
    assert!(matches!(app.model.overlays.open, Some(crate::app::Overlay::Help { .. })) && !is_posted(&app));
    let mut app = TestApp::in_two_rooms();
    for (line, way) in [("/msg ana hi", "@NAME"), ("/me waves", "sentence"), ("/nick bob", "/away")] {
        app.send(line);
        assert!(app.notice().contains(way) && !is_posted(&app), "{}", app.notice());
        assert_eq!(app.draft(), line);
        app.act(Action::Interrupt);
    }
    app.send("/who");
    assert!(app.notice().starts_with("2 people"), "{}", app.notice());
    app.send(" :q");
    assert_eq!(app.room(GENERAL).writing.pending[0].text.as_str(), ":q");
}

#[test]
fn what_is_typed_before_a_room_is_open_waits_for_it() {
    let mut app = TestApp::new();
    "hellp".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    app.act(Action::DeleteLeft);
    app.write("o there");
    let effects = app.act(Action::Send);
    assert!(effects.is_empty(), "it is sent by hand, once one sees where: {effects:?}");
    let rooms = vec![membership(GENERAL, "general", 0), membership(OPS, "ops", 0)];
    app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
    assert_eq!(app.draft(), "hello there");
    app.act(Action::NextRoom);
    assert_eq!(app.draft(), "", "the first room alone gets it");
}
