//! How the client treats its terminal: pastes, sizes, colours, bytes.

use std::path::Path;
use std::time::Duration;

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::{until, until_still};

#[test]
fn two_hundred_pasted_lines_are_one_message() {
    let home = Home::default();
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    let lines: Vec<String> = (1..=200).map(|line| format!("pasted line {line}")).collect();
    screen.paste(&lines.join("\n"));
    screen.wait_for_text("pasted line 200");
    assert!(!home.output(&["tail", "general"]).contains("pasted"), "a paste never sends");
    screen.press(&["Enter"]);
    until("the message", || home.output(&["tail", "general", "-n", "1"]).contains("pasted line 200").then_some(()));
    let history = home.output(&["history", "general", "--json"]);
    let messages: Vec<_> = history.lines().filter(|line| line.contains("pasted line")).collect();
    assert_eq!(messages.len(), 1);
    assert!(messages[0].contains("pasted line 1\\npasted line 2\\n"));
}

#[test]
fn the_client_works_in_forty_by_ten_and_back() {
    let home = Home::default();
    home.output(&["send", "general", "a message that is longer than forty columns are wide"]);
    let screen = Screen::chat(&home, (120, 36), &[]);
    screen.wait_for_text("a message that is longer than forty columns are wide");
    screen.resize(40, 10);
    screen.wait_for("the folded screen", |lines| {
        lines.len() <= 10
            && !lines.iter().any(|line| line.contains('│'))
            && lines.iter().any(|line| line.contains("columns are wide"))
    });
    screen.type_text("small");
    screen.press(&["Enter"]);
    screen.wait_for("the message", |lines| lines.iter().any(|line| line.trim() == "small"));
    screen.press(&["F2"]);
    screen.wait_for("the rooms", |lines| {
        lines.iter().any(|line| line.contains("# general") && !line.contains("message"))
    });
    screen.resize(120, 36);
    screen.wait_for("the whole screen", |lines| lines.iter().any(|line| line.contains("here · 1")));
    screen.resize(10, 3);
    screen.resize(80, 24);
    screen.wait_for_text("message #general");
}

#[test]
fn a_new_line_is_made_by_two_keys_and_a_message_is_edited() {
    let home = Home::default();
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    screen.type_text("one");
    screen.press(&["M-Enter"]);
    screen.type_text("two");
    screen.press(&["C-j"]);
    screen.type_text("three");
    screen.wait_for("three lines", |lines| {
        lines.iter().filter(|line| line.contains("one") || line.contains("two") || line.contains("three")).count() == 3
    });
    screen.press(&["Enter"]);
    until("the message", || {
        home.output(&["tail", "general", "-n", "1", "--json"]).contains("one\\ntwo\\nthree").then_some(())
    });
    screen.wait_until_acknowledged(&home);
    screen.select_last();
    screen.press(&["e"]);
    screen.wait_for_text("editing");
    screen.type_text("!");
    screen.press(&["Enter"]);
    screen.wait_for_text("three! (edited)");
}

#[test]
fn a_message_can_be_written_in_the_users_editor() {
    let mut home = Home::default();
    let editor = home.path().join("editor");
    std::fs::write(&editor, "#!/bin/sh\nprintf 'written elsewhere\\n' >> \"$1\"\n").expect("written");
    std::process::Command::new("chmod").arg("+x").arg(&editor).status().expect("it runs");
    home.set("EDITOR", editor.to_str().expect("UTF-8"));
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    screen.type_text("begun here, ");
    screen.press(&["M-e"]);
    screen.wait_for_text("› begun here, written elsewhere");
}

#[test]
fn disabled_colours_are_never_sent() {
    let mut home = Home::default();
    home.set("NO_COLOR", "1");
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    let shown = screen.coloured();
    let colours = regex::Regex::new("\u{1b}\\[[0-9;]*(3[0-7]|4[0-7]|[34]8;|9[0-7])").expect("a pattern");
    assert!(!colours.is_match(&shown), "{shown:?}");
    assert!(shown.contains("\u{1b}[1m"), "bold is not a colour");
}

#[test]
fn an_idle_client_writes_nothing_and_little_for_a_message() {
    let server = Server::start();
    let (ana, ben) = (Home::signed_in(&server, "ana"), Home::signed_in(&server, "ben"));
    // Both panes are full: they must not be redrawn with every message.
    for number in 1..=12 {
        ana.output(&["room", "create", &format!("room-{number:02}")]);
    }
    let others: Vec<_> = [
        "charlie", "diana", "edward", "fatima", "george", "hannah", "igor", "julia", "kenji", "lucia", "moe", "nat",
        "otto",
    ]
    .iter()
    .map(|name| Home::signed_in(&server, name))
    .collect();
    assert_eq!(others.len() + 2, 15);
    for number in 0..40 {
        let words = ["the flaky test", "is the clock", "runs backwards", "once a day", "see build 4211"];
        let body: Vec<_> = (0..2 + number % 4).map(|word| words[(number * 3 + word * 2) % 5]).collect();
        let by = if number % 3 == 0 { &others[number % others.len()] } else { &ben };
        by.output(&["send", "general", &format!("{}, number {number}", body.join(" "))]);
    }
    let screen = Screen::chat(&ana, (120, 36), &[]);
    screen.wait_for_text("number 0");
    screen.wait_for_text("here · 1");
    // The unread messages do not fit: they are passed over.
    screen.press(&["M-r"]);
    screen.wait_for_text("number 39");
    let file = ana.path().join("bytes");
    screen.record(&file);
    until("the recording", || file.exists().then_some(()));
    // Trending words arrive within five seconds of the last message, and nothing after them.
    let still = until_still("six seconds without output", Duration::from_secs(6), || bytes_in(&file));
    ben.output(&["send", "general", "one more message"]);
    screen.wait_for_text("one more message");
    let cost = until_still("the message's last byte", AT_REST, || bytes_in(&file)) - still;
    assert!((1..=1_000).contains(&cost), "{cost} bytes for one message");
}

/// A client that writes nothing for this long has finished drawing.
const AT_REST: Duration = Duration::from_secs(1);

fn bytes_in(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |file| file.len())
}

#[test]
fn characters_of_ambiguous_width_leave_nothing_behind() {
    let home = Home::default();
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("online");
    for number in 1..=3 {
        screen.type_text(&format!("on it 👍🏽 漢字かな — é à ñ 🇩🇪 👨‍👩‍👧‍👦 ❤\u{fe0f} number {number}"));
        screen.press(&["Enter"]);
        screen.wait_for("the acknowledged message", |lines| {
            lines.iter().any(|line| line.contains(&format!("number {number}")))
        });
        screen.paste(&(1..=200 / number).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n"));
        screen.press(&["Enter"]);
        screen.wait_for_text("message #general");
    }
    let file = home.path().join("bytes");
    screen.record(&file);
    until("the recording", || file.exists().then_some(()));
    for keys in [&["PageUp", "PageUp", "PageDown"][..], &["C-Home"], &["C-End"]] {
        screen.press(keys);
        // A full redraw shows the same screen.
        let shown = until_still("a screen at rest", AT_REST, || screen.lines());
        let before = bytes_in(&file);
        screen.press(&["C-l"]);
        until("a full redraw", || (bytes_in(&file) > before).then_some(()));
        assert_eq!(until_still("a screen at rest", AT_REST, || screen.lines()), shown);
    }
    screen.press(&["C-Home"]);
    screen.wait_for("plain ones of the same width", |lines| {
        lines.iter().any(|line| line.contains("漢字かな — é à ñ DE 👨 ❤  number 1"))
    });
}
