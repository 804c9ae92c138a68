//! The form that asks for a sign-in: at the start, after a refusal, and in the middle of a sentence.

use chat_proto::client_frame::Auth;
use chat_proto::error::{ErrorBody, ErrorCode};

use super::{GENERAL, NOON, TestApp, membership, welcome};
use crate::action::Action;
use crate::app::{Effect, LinkState, Msg, SignInField, SignInForm, SignInState};
use crate::link_event::{LinkEvent, NetError};

fn stop(app: &mut TestApp, error: NetError) {
    app.link(LinkEvent::Stopped { error });
}

fn refuse(app: &mut TestApp, body: ErrorBody) {
    stop(app, NetError::Refused(body));
}

fn form(app: &TestApp) -> &SignInForm {
    app.model.sign_in.as_ref().expect("a form")
}

fn told(app: &TestApp) -> &str {
    match &form(app).state {
        SignInState::Told { text, .. } => text.as_str(),
        SignInState::Asking | SignInState::Waiting => "",
    }
}

/// Types a line and takes it. Returns the sign-in that is tried.
fn enter(app: &mut TestApp, text: &str) -> Option<Auth> {
    text.chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    app.act(Action::Choose).into_iter().find_map(|effect| match effect {
        Effect::SignIn { auth, .. } => Some(auth),
        _ => None,
    })
}

fn password(name: &str, password: &str) -> Auth {
    Auth::Password { name: name.parse().expect("a name"), password: password.to_owned() }
}

/// An app that has nothing to sign in with.
fn asked() -> TestApp {
    let mut app = TestApp::new();
    stop(&mut app, NetError::SignInNeeded);
    app
}

#[test]
fn a_start_without_a_sign_in_asks_for_one_and_goes_on_into_the_rooms() {
    let mut app = asked();
    assert_eq!(enter(&mut app, "zoe"), None, "the password is missing");
    assert_eq!(enter(&mut app, "tr0ub4dor"), Some(password("zoe", "tr0ub4dor")));
    assert!(!format!("{:?}", app.model).contains("tr0ub4dor"), "no password is printed");
    assert_eq!(form(&app).shown(SignInField::Password), "•••••••••");
    assert_eq!(enter(&mut app, "!"), None, "one try at a time");
    let hello = welcome(vec![membership(GENERAL, "general", 0)]);
    app.link(LinkEvent::Welcome(Box::new(hello)));
    assert!(app.model.sign_in.is_none() && app.model.room().is_some());
    app.take(Msg::Typed('x'));
    assert_eq!(app.draft(), "x");
}

#[test]
fn a_refused_sign_in_says_why_in_place() {
    let mut app = asked();
    enter(&mut app, "zoe");
    enter(&mut app, "wrong");
    refuse(&mut app, ErrorBody::new(ErrorCode::AuthFailed, "Wrong name, password or token."));
    assert_eq!(told(&app), "Wrong name or password.");
    assert_eq!(form(&app).shown(SignInField::Password), "", "it is typed anew");
    enter(&mut app, "other");
    refuse(&mut app, ErrorBody::new(ErrorCode::TooMany, "Too many sign-ins failed.").retry_after(5_000));
    assert_eq!(form(&app).retry_in_ms(app.now), Some(5_000));
    assert_eq!(app.model.next_tick(), Some(NOON.plus_ms(1_000)), "it is counted down");
    assert_eq!(enter(&mut app, ""), None, "too early");
    app.now = NOON.plus_ms(5_000);
    app.take(Msg::Tick);
    assert_eq!(enter(&mut app, ""), Some(password("zoe", "other")));
    let reason = "Connection refused".to_owned();
    stop(&mut app, NetError::Unreachable { address: "ws://h".into(), reason });
    assert_eq!(told(&app), "No server answers at ws://h: Connection refused.");
    assert_eq!(enter(&mut app, ""), Some(password("zoe", "other")));
}

#[test]
fn an_account_is_made_with_a_code_where_the_server_asks_for_one() {
    let mut app = asked();
    app.act(Action::ListUp);
    enter(&mut app, "");
    assert!(form(&app).is_new);
    for (text, expected) in [("ana", None), ("battery staple", None), ("battery stable", None)] {
        assert_eq!(enter(&mut app, text), expected);
    }
    assert_eq!(told(&app), "The passwords differ.");
    let auth = |code: Option<&str>| Auth::Register {
        name: "ana".parse().expect("a name"),
        password: "battery staple".to_owned(),
        code: code.map(ToOwned::to_owned),
    };
    assert_eq!(enter(&mut app, "battery staple"), Some(auth(None)));
    let closed = || ErrorBody::new(ErrorCode::RegistrationClosed, "Making an account needs an invitation.");
    refuse(&mut app, closed());
    assert_eq!(told(&app), "A code is needed: an invitation, or the server's setup code.");
    assert_eq!(enter(&mut app, "3f6b"), Some(auth(Some("3f6b"))));
    refuse(&mut app, closed());
    assert_eq!(told(&app), "The server does not take this code.");
    app.act(Action::Close);
    assert!(!form(&app).is_new, "Esc goes back to the account that there is");
}

#[test]
fn who_is_signed_out_keeps_the_draft_and_may_read_on() {
    let mut app = TestApp::in_two_rooms();
    app.write("half a thought");
    stop(&mut app, NetError::SignedOut);
    assert_eq!(form(&app).shown(SignInField::Name), "zoe");
    assert!(told(&app).contains("signed out"), "{}", told(&app));
    app.take(Msg::Pasted("secret\n".into()));
    app.act(Action::NextRoom);
    assert_eq!(app.draft(), "half a thought", "keys go to the form");
    app.act(Action::Close);
    assert!(app.model.sign_in.is_none());
    let effects = app.act(Action::Retry);
    assert!(app.model.sign_in.is_some() && effects.is_empty(), "{effects:?}");
    assert_eq!(enter(&mut app, "new one"), Some(password("zoe", "new one")));
    let rooms = vec![membership(GENERAL, "general", 0), membership(super::OPS, "ops", 0)];
    app.link(LinkEvent::Welcome(Box::new(welcome(rooms))));
    assert_eq!(app.draft(), "half a thought");
}

#[test]
fn escape_leaves_where_nothing_is_behind_the_form() {
    let mut app = asked();
    app.act(Action::Help);
    app.act(Action::Close);
    assert!(app.model.sign_in.is_some(), "help lies over the form");
    assert!(app.act(Action::Close).contains(&Effect::Quit));
}

#[test]
fn a_refusal_that_no_sign_in_mends_opens_no_form() {
    let mut app = TestApp::new();
    refuse(&mut app, ErrorBody::new(ErrorCode::VersionUnsupported, "This server is newer."));
    assert!(app.model.sign_in.is_none());
    assert!(app.model.servers.values().all(|server| matches!(server.link, LinkState::Denied { .. })));
    assert_eq!(app.notice(), "This server is newer. /retry tries again.");
}
