//! An older copy of the data is put back under a running screen: it shows the messages of the copy, and no lost one in the
//! place of a new one.

use std::path::Path;
use std::process::Command;

use chat_tests::client::Home;
use chat_tests::program;
use chat_tests::screen::Screen;
use chat_tests::server::Server;

const LOST: &str = "we ship on Friday";
const NEW: &str = "we do NOT ship";

/// A server with a message, its author, and someone who has read it, with a screen.
fn begin() -> (Server, Home, (Home, Screen)) {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    ana.output(&["send", "general", "shared"]);
    let screen = Screen::chat(&ben, (110, 24), &[]);
    screen.wait_for_text("shared");
    (server, ana, (ben, screen))
}

fn chat_server(words: &[&str], server: &Server, backup: &Path) {
    let mut command = Command::new(program::path("chat-server"));
    let output = command.args(words).arg("--data").arg(server.data()).arg(backup).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The screen shows the new message, which has the number of the lost one.
fn assert_shown(screen: &Screen, ana: &Home, notice: &str) {
    screen.wait_for_text(notice);
    ana.output(&["send", "general", NEW]);
    ana.output(&["send", "general", "the end"]);
    let lines = screen.wait_for_text("the end").join("\n");
    assert!(lines.contains(NEW) && !lines.contains(LOST), "{lines}");
}

#[test]
fn a_screen_over_a_copy_that_is_put_back_shows_no_lost_text() {
    let (mut server, ana, (_ben, screen)) = begin();
    let copy = server.copy();
    ana.output(&["send", "general", LOST]);
    screen.wait_for_text(LOST);
    server.put_back(&copy);
    assert_shown(&screen, &ana, "put back");
}

#[test]
fn a_screen_over_a_restored_backup_shows_no_lost_text_and_says_so() {
    let (mut server, ana, (_ben, screen)) = begin();
    let backup = ana.path().join("backup.db");
    chat_server(&["backup"], &server, &backup);
    ana.output(&["send", "general", LOST]);
    screen.wait_for_text(LOST);
    server.terminate();
    chat_server(&["restore", "--force"], &server, &backup);
    server.restart();
    assert_shown(&screen, &ana, "data were replaced");
}
