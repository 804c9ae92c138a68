//! Links are opened by a key or a click, in the user's program; where there is none they are copied. What was sent and
//! used is found again after a restart.

use std::path::PathBuf;

use chat_tests::client::Home;
use chat_tests::pty::Terminal;
use chat_tests::screen::Screen;
use chat_tests::wait::until;

/// Sets a program that writes the links it is given into a file. Returns the file.
fn with_opener(home: &Home) -> PathBuf {
    let (script, opened) = (home.path().join("opener"), home.path().join("opened"));
    std::fs::write(&script, format!("#!/bin/sh\necho \"$2\" >> '{}'\n", opened.display())).expect("written");
    std::process::Command::new("chmod").arg("+x").arg(&script).status().expect("it runs");
    let folder = home.path().join(".config/chat");
    std::fs::create_dir_all(&folder).expect("a folder");
    let settings = format!("[tui]\nopener = \"'{}' --new-tab\"\n", script.display());
    std::fs::write(folder.join("client.toml"), settings).expect("written");
    opened
}

fn is_opened(file: &PathBuf, links: &[&str]) -> Option<()> {
    let opened = std::fs::read_to_string(file).unwrap_or_default();
    (opened.lines().collect::<Vec<_>>() == links).then_some(())
}

#[test]
fn a_link_is_opened_in_the_users_program_and_copied_if_there_is_none() {
    let home = Home::default();
    home.output(&["send", "general", "see https://e.org/1?a='b'&c=$(d), and https://e.org/2"]);
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("https://e.org/2");
    screen.select_last();
    screen.press(&["o"]);
    screen.wait_for_text("open a link");
    screen.press(&["2"]);
    screen.wait_for_text("Copied https://e.org/2: there is no display for a browser.");
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    let opened = with_opener(&home);
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("https://e.org/2");
    screen.select_last();
    screen.press(&["o"]);
    screen.wait_for_text("open a link");
    screen.press(&["Enter"]);
    until("the program", || is_opened(&opened, &["https://e.org/1?a='b'&c=$(d)"]));
}

#[test]
fn a_click_with_ctrl_opens_a_link_and_one_without_selects() {
    let home = Home::default();
    let opened = with_opener(&home);
    home.output(&["send", "general", "see https://e.org/1"]);
    let mut command = home.chat(&[]);
    command.env("TERM", "xterm-256color");
    let mut terminal = Terminal::run(&command, (80, 24)).expect("a terminal");
    terminal.wait_for("https://e.org/1").expect("the link");
    terminal.wait_for("online").expect("connected");
    let rows = terminal.rows();
    let row = rows.iter().position(|row| row.contains("https://e.org/1")).expect("drawn");
    let column = rows[row].chars().collect::<String>().split("https").next().expect("text").chars().count();
    let press = |held: u8| format!("\x1b[<{held};{};{}M", column + 3, row + 1);
    terminal.send(press(16).as_bytes()).expect("a click with Ctrl");
    until("the program", || is_opened(&opened, &["https://e.org/1"]));
    terminal.wait_for("Opening https://e.org/1").expect("the notice");
    terminal.send(press(0).as_bytes()).expect("a click");
    terminal.wait_for("SELECTED").expect("the selection");
    assert_eq!(is_opened(&opened, &["https://e.org/1"]), Some(()));
}

#[test]
fn sent_lines_and_used_commands_are_found_again_after_a_restart() {
    let home = Home::default();
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    for line in [" :q", "/topic deploy on Friday", "/ttl 30s deploy code 4417"] {
        screen.type_text(line);
        screen.press(&["Enter"]);
        screen.wait_for_text("message #general");
    }
    screen.wait_for_text("deploy code 4417");
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    screen.type_text("half a thought");
    screen.press(&["C-r"]);
    screen.wait_for_text("search what you sent");
    screen.type_text("deploy");
    let found = screen.wait_for_text("│ /topic deploy on Friday");
    assert!(!found.iter().any(|line| line.contains("/ttl")), "{found:#?}");
    screen.press(&["C-u"]);
    screen.wait_for_text("│  :q");
    screen.press(&["C-r", "Enter"]);
    screen.wait_for("the line as it was typed", |lines| lines.iter().any(|line| line.ends_with("›  :q")));
    screen.press(&["C-r"]);
    screen.wait_for_text("search what you sent");
    screen.press(&["Escape"]);
    screen.wait_for("the line again", |lines| {
        lines.iter().any(|line| line.ends_with("›  :q")) && !lines.iter().any(|line| line.contains("search what"))
    });
    screen.press(&["C-u"]);
    screen.type_text("/");
    screen.wait_for("the command used last", |lines| {
        let offered = |name: &str| lines.iter().position(|line| line.contains(name));
        matches!((offered("/ttl "), offered("/topic "), offered("/away ")), (Some(a), Some(b), Some(c)) if a < b && b < c)
    });
}
