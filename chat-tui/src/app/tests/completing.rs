//! Completion of commands, people and rooms, and the changes of the draft that are taken back.

use super::*;

#[test]
fn every_command_is_offered_and_reached() {
    let mut app = TestApp::in_two_rooms();
    app.write("/");
    let commands = Action::TABLE.iter().filter(|spec| spec.slash.is_some()).count();
    assert_eq!(app.model.candidates().expect("candidates").1.len(), commands);
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..commands {
        app.act(Action::CursorDown);
        seen.insert(app.draft().to_owned());
    }
    assert_eq!(seen.len(), commands);
    app.act(Action::CursorUp);
    assert!(seen.contains(app.draft()));
}

#[test]
fn letters_in_their_order_find_what_begins_otherwise() {
    let mut app = TestApp::in_two_rooms();
    app.write("/vrs");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "/versions");
    app.act(Action::Interrupt);
    app.write("@an");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "@ana ");
    app.act(Action::Interrupt);
    app.write("@na");
    app.act(Action::Complete);
    assert_eq!(app.draft(), "@ana ");
}

#[test]
fn arrows_go_on_through_sent_texts_that_would_be_completed() {
    let mut app = TestApp::in_two_rooms();
    for text in ["first", "see #o", "one\ntwo\nthree"] {
        app.send(text);
    }
    let mut shown = Vec::new();
    for _ in 0..3 {
        app.act(Action::CursorUp);
        shown.push(app.draft().to_owned());
    }
    assert_eq!(shown, ["one\ntwo\nthree", "see #o", "first"], "a text of several lines holds nobody up");
}

#[test]
fn a_change_of_the_draft_is_undone_and_made_again() {
    let mut app = TestApp::in_two_rooms();
    "one two".chars().for_each(|c| drop(app.take(Msg::Typed(c))));
    app.act(Action::DeleteWordLeft);
    app.act(Action::Undo);
    assert_eq!(app.draft(), "one two");
    app.act(Action::Redo);
    assert_eq!(app.draft(), "one ");
    app.act(Action::Interrupt);
    app.act(Action::Undo);
    assert_eq!(app.draft(), "one ", "a cleared line comes back");
}
