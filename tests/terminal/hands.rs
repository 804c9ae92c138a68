//! Hands do no harm: typing after Escape deletes nothing, a deletion can be taken back, a habit is not posted.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;

/// A screen whose last message is one's own, and selected.
fn selected(home: &Home) -> Screen {
    let screen = Screen::chat(home, (100, 30), &[]);
    screen.wait_for_text("message #general");
    screen.type_text("keep this please");
    screen.press(&["Enter"]);
    screen.wait_until_acknowledged(home);
    screen.select_last();
    screen
}

fn history(home: &Home) -> String {
    home.output(&["tail", "general", "-n", "9", "--json"])
}

#[test]
fn a_sentence_typed_after_escape_is_sent_and_deletes_nothing() {
    let server = Server::start();
    let home = Home::signed_in(&server, "zoe");
    let screen = selected(&home);
    screen.type_text("did it");
    screen.wait_for_text("› did it");
    screen.press(&["Enter"]);
    until("the sentence", || history(&home).contains("\"did it\"").then_some(()));
    // A capital letter asks; the next one goes on with the sentence.
    screen.select_last();
    screen.type_text("D");
    screen.wait_for_text("delete this message?");
    screen.type_text("one");
    screen.wait_for_text("› one");
    screen.press(&["Enter"]);
    until("the other sentence", || history(&home).contains("\"one\"").then_some(()));
    screen.select_last();
    screen.press(&["DC"]);
    screen.wait_for_text("delete this message?");
    screen.press(&["Enter"]);
    screen.wait_for("the question's end", |lines| !lines.iter().any(|line| line.contains("delete this message?")));
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    let history = history(&home);
    for text in ["keep this please", "did it", "one"] {
        assert!(history.contains(&format!("\"{text}\"")), "{text}: {history}");
    }
}

#[test]
fn a_deletion_is_taken_back_and_quitting_sends_the_next() {
    let server = Server::start();
    let home = Home::signed_in(&server, "zoe");
    let screen = selected(&home);
    screen.press(&["D"]);
    screen.wait_for_text("delete this message?");
    screen.press(&["y"]);
    screen.wait_for_text("message deleted · Alt+Z takes it back");
    screen.press(&["M-z"]);
    screen.wait_for_text("keep this please");
    screen.select_last();
    screen.press(&["D"]);
    screen.wait_for_text("delete this message?");
    screen.press(&["y"]);
    screen.wait_for_text("message deleted · Alt+Z");
    assert!(history(&home).contains("keep this please"));
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    until("the deletion", || (!history(&home).contains("keep this please")).then_some(()));
}

#[test]
fn a_habit_of_another_program_is_not_posted() {
    let server = Server::start();
    let home = Home::signed_in(&server, "zoe");
    let screen = Screen::chat(&home, (100, 30), &[]);
    screen.wait_for_text("message #general");
    screen.type_text(" :q");
    screen.press(&["Enter"]);
    until("the text after a blank", || history(&home).contains("\":q\"").then_some(()));
    screen.type_text("/msg ana hi");
    screen.press(&["Enter"]);
    screen.wait_for_text("There is no /msg");
    screen.press(&["C-c"]);
    screen.type_text(":wq");
    screen.press(&["Enter"]);
    until("the end", || screen.has_ended().then_some(()));
    assert!(!history(&home).contains("wq") && !history(&home).contains("ana hi"));
}

#[test]
fn escape_while_reading_back_selects_in_sight() {
    let server = Server::start();
    let home = Home::signed_in(&server, "zoe");
    let texts: Vec<_> = (101..=190).map(|number| format!("text-{number}")).collect();
    for text in texts {
        home.output(&["send", "general", &text]);
    }
    let screen = Screen::chat(&home, (100, 24), &[]);
    screen.wait_for_text("text-190");
    screen.press(&["PPage", "PPage"]);
    let is_back = |lines: &[String]| lines.iter().any(|line| line.contains("text-150"));
    screen.wait_for("two pages back", is_back);
    screen.press(&["Escape"]);
    let lines = screen.wait_for("the mode", |lines| lines.iter().any(|line| line.contains("SELECTED")));
    assert!(is_back(&lines), "the view stays: {lines:#?}");
    assert!(lines.iter().any(|line| line.contains('▌') && line.contains("text-1")), "{lines:#?}");
    screen.press(&["PPage"]);
    let is_selected = |line: &String| line.contains('▌') && line.contains("text-1");
    screen.wait_for("the selection a page above", |lines| {
        lines.iter().any(is_selected) && !is_back(lines) && lines.iter().any(|line| line.contains("text-130"))
    });
}
