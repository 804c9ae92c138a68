//! Coming back to a room with much that is unread, and to a message that does not wait.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;

/// Ana, and Ben who is a member of this room of hers.
fn two_in(server: &Server, room: &str) -> (Home, Home) {
    let (ana, ben) = (Home::signed_in(server, "ana"), Home::signed_in(server, "ben"));
    ana.output(&["room", "create", room]);
    ben.output(&["room", "join", room]);
    (ana, ben)
}

fn has(lines: &[String], text: &str) -> bool {
    lines.iter().any(|line| line.contains(text))
}

/// A room's line in the list of rooms.
fn listed<'a>(lines: &'a [String], room: &str) -> &'a str {
    let line = lines.iter().find(|line| line.trim_start().starts_with(room));
    line.and_then(|line| line.split('│').next()).unwrap_or_default().trim()
}

#[test]
fn a_mention_that_expires_in_another_room_is_counted_down_and_announced() {
    let server = Server::start();
    let (ana, ben) = two_in(&server, "random");
    let screen = Screen::chat(&ben, (120, 30), &[]);
    screen.wait_for_text("message #general");
    ana.output(&["send", "random", "--ttl", "60s", "@ben the door code is 4417"]);
    screen.wait_for("the badge and the notice", |lines| {
        listed(lines, "# random").contains("@1 ◷") && has(lines, "ana mentions you in #random; the message expires.")
    });
    screen.press(&["M-m"]);
    screen.wait_for("the message, which is read", |lines| {
        has(lines, "the door code is 4417") && listed(lines, "# random").ends_with("random")
    });
    screen.press(&["C-p"]);
    screen.wait_for_text("message #general");
    ana.output(&["send", "random", "--ttl", "20s", "@ben gone soon"]);
    screen.wait_for("the badge", |lines| listed(lines, "# random").contains("@1 ◷"));
    screen.wait_for("its end", |lines| listed(lines, "# random").ends_with("random"));
}

#[test]
fn a_room_opens_at_its_first_unread_message_and_nothing_unseen_is_read() {
    let server = Server::start();
    let (ana, ben) = two_in(&server, "ops");
    ana.output(&["send", "ops", "@ben please look at the certs"]);
    let lines: String = (1..=300).map(|line| format!("line {line}.\n")).collect();
    let sent = ana.pipe(&["send", "ops", "--stream"], lines.as_bytes());
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let screen = Screen::chat(&ben, (80, 24), &[]);
    screen.wait_for("what is unread", |lines| listed(lines, "# ops").ends_with("@1 301"));
    screen.press(&["M-a"]);
    screen.wait_for("the first unread message", |lines| {
        has(lines, "look at the certs") && has(lines, " new ↓") && !has(lines, "line 300.")
    });
    let unread = until("the server's count", || {
        let count = ben.output(&["unread"]).split_whitespace().next()?.parse::<u32>().ok()?;
        (count < 301).then_some(count)
    });
    assert!(unread > 270, "{unread} unread, with twenty rows on the screen");
    screen.press(&["C-End"]);
    let lines = screen.wait_for_text("line 300.");
    assert!(lines[1].contains('↑') && lines[1].contains(" new"), "{lines:#?}");
    screen.press(&["M-a"]);
    let lines =
        screen.wait_for("the first unread message again", |lines| !has(lines, "line 300.") && has(lines, " new ↓"));
    let top = lines[2].split('│').nth(1).expect("a message").to_owned();
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    let again = Screen::chat(&ben, (80, 24), &[]);
    again.wait_for("the same place", |lines| has(lines, &top) && !has(lines, "line 300."));
}
