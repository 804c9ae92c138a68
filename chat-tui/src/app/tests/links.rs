//! Links are opened from the keyboard: one at once, several by choice.

use super::*;
use crate::app::Overlay;

/// The links that effects open.
fn opened(effects: &[Effect]) -> Vec<&str> {
    let opened = effects.iter().filter_map(|effect| match effect {
        Effect::OpenLink(link) => Some(link.as_str()),
        _ => None,
    });
    opened.collect()
}

fn links(app: &TestApp) -> Option<&[String]> {
    match &app.model.overlays.open {
        Some(Overlay::Links(list)) => Some(&list.links),
        _ => None,
    }
}

fn with_messages(texts: &[&str]) -> TestApp {
    let mut app = TestApp::in_two_rooms();
    for (seq, text) in (1..).zip(texts) {
        app.push(event(GENERAL, seq - 1, message(seq, ANA, text)));
    }
    app
}

#[test]
fn the_link_of_the_selected_message_is_opened() {
    let mut app = with_messages(&["see https://e.org/a_(b), please", "and https://e.org/newer"]);
    app.act(Action::Cancel);
    app.act(Action::SelectUp);
    assert_eq!(opened(&app.act(Action::OpenLink)), ["https://e.org/a_(b)"]);
    assert_eq!(app.model.focus, super::super::Focus::Message(Seq(1)), "it stays selected");
}

#[test]
fn without_a_selection_the_newest_link_is_opened() {
    let mut app = with_messages(&["see https://e.org/old", "see https://e.org/new", "no link"]);
    assert_eq!(opened(&app.send("/open")), ["https://e.org/new"]);
    let mut app = with_messages(&["no link"]);
    assert_eq!(opened(&app.send("/open")), Vec::<&str>::new());
    assert_eq!(app.notice(), "There is no link in this room.");
}

#[test]
fn one_of_several_links_is_chosen() {
    let text = "https://e.org/1 https://e.org/2 and https://e.org/1 again, https://e.org/3";
    let mut app = with_messages(&[text]);
    app.act(Action::Cancel);
    assert_eq!(opened(&app.act(Action::OpenLink)), Vec::<&str>::new());
    assert_eq!(links(&app), Some(&["https://e.org/1", "https://e.org/2", "https://e.org/3"].map(str::to_owned)[..]));
    app.act(Action::ListDown);
    assert_eq!(opened(&app.act(Action::Choose)), ["https://e.org/2"]);
    assert_eq!(links(&app), None);
    app.act(Action::OpenLink);
    assert_eq!(opened(&app.take(Msg::Typed('3'))), ["https://e.org/3"], "by its number");
    app.act(Action::OpenLink);
    assert_eq!(opened(&app.take(Msg::Typed('4'))), Vec::<&str>::new(), "there is no such link");
    let effects = app.take(Msg::Typed('y'));
    assert!(effects.contains(&Effect::Copy("https://e.org/1".into())), "{effects:?}");
    assert_eq!(links(&app), None);
}
