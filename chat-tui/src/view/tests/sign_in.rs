//! The form that asks for a sign-in.

use chat_proto::error::{ErrorBody, ErrorCode};

use super::{afternoon, draw, shown};
use crate::action::Action;
use crate::app::Msg;
use crate::app::tests::TestApp;
use crate::link_event::{LinkEvent, NetError};

fn asked() -> TestApp {
    let mut app = TestApp::new();
    app.link(LinkEvent::Stopped { error: NetError::SignInNeeded });
    app
}

fn enter(app: &mut TestApp, text: &str) {
    app.take(Msg::Pasted(text.into()));
    app.act(Action::Choose);
}

#[test]
fn the_form_names_the_server_and_hides_the_password() {
    let mut app = asked();
    enter(&mut app, "zoe");
    enter(&mut app, "tr0ub4dor");
    let body = ErrorBody::new(ErrorCode::TooMany, "Too many sign-ins failed.").retry_after(12_000);
    app.link(LinkEvent::Stopped { error: NetError::Refused(body) });
    let (lines, drawn) = draw(&mut app, 80, 24);
    insta::assert_snapshot!("sign_in", lines.join("\n"));
    let caret = drawn.caret.expect("a caret");
    assert!(lines[usize::from(caret.y)].contains("password  •••••••••"), "{caret:?}");
}

#[test]
fn the_form_fits_on_forty_by_ten() {
    let mut app = asked();
    app.act(Action::ListUp);
    app.act(Action::Choose);
    enter(&mut app, "zoe");
    enter(&mut app, "battery staple");
    enter(&mut app, "battery staple");
    let body = ErrorBody::new(ErrorCode::RegistrationClosed, "No.");
    app.link(LinkEvent::Stopped { error: NetError::Refused(body) });
    insta::assert_snapshot!("sign_in_on_a_narrow_screen", shown(&mut app, 40, 10));
}

#[test]
fn the_rooms_stay_behind_the_form_of_one_who_was_signed_out() {
    let mut app = afternoon();
    app.write("half a thought");
    app.link(LinkEvent::Stopped { error: NetError::SignedOut });
    insta::assert_snapshot!("signed_out", shown(&mut app, 100, 30));
}
