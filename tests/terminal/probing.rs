//! The client asks its terminal: answers that come, come late, or never come, and the keys typed meanwhile.

use std::process::Command;
use std::time::{Duration, Instant};

use chat_tests::client::Home;
use chat_tests::pty::{Answers, PLAIN, Terminal};
use chat_tests::screen::Screen;
use chat_tests::wait::until;

/// A terminal with a white background.
const LIGHT: Answers = &[(b"\x1b]11;?", b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\"), (b"\x1b[c", b"\x1b[?62;22c")];
const SILENT: Answers = &[];
/// Colours that only one of the two themes has: that of the room's name in the bar.
const DARK_STRONG: &str = "38;2;236;239;244";
const LIGHT_STRONG: &str = "38;2;17;21;28";

fn chat(home: &Home) -> Command {
    let mut command = home.chat(&[]);
    command.env("TERM", "xterm-256color").env("COLORTERM", "truecolor");
    command
}

/// Returns a home whose client starts with a room from its cache: keys have somewhere to go from the first moment on.
fn home_with_a_room() -> Home {
    let home = Home::default();
    let mut terminal = open(&home, (PLAIN, b""));
    terminal.wait_for("online").expect("connected");
    terminal.quit(b"\x11").expect("its end");
    home
}

fn open(home: &Home, answers: (Answers, &[u8])) -> Terminal {
    Terminal::answering(&chat(home), (80, 24), answers).expect("a terminal")
}

#[test]
fn a_terminal_that_answers_nothing_is_not_waited_for_and_its_keys_are_kept() {
    let home = home_with_a_room();
    let waits_less = |limit| {
        let mut terminal = open(&home, (SILENT, "early é".as_bytes()));
        terminal.wait_for("message #general").expect("the first screen");
        let begun = Instant::now();
        terminal.wait_for("early é").expect("the keys typed before the start");
        let has_waited_less = begun.elapsed() < limit;
        terminal.send(b" late").expect("written");
        terminal.wait_for("early é late").expect("keys after the probe");
        has_waited_less
    };
    // The terminal library waits for two seconds at each start; a busy machine is slow at some.
    assert!((0..10).any(|_| waits_less(Duration::from_millis(1_500))));
}

#[test]
fn a_light_terminal_is_drawn_in_the_light_theme() {
    let home = home_with_a_room();
    let mut terminal = open(&home, (LIGHT, b"x"));
    terminal.wait_for("online").expect("connected");
    terminal.wait_for("› x").expect("the key typed before the start");
    let received = terminal.received();
    let dark = received.rfind(DARK_STRONG).unwrap_or(0);
    assert!(received.rfind(LIGHT_STRONG).is_some_and(|light| light > dark), "the last colours are the light theme's");
}

#[test]
fn a_late_answer_is_no_text_and_still_changes_the_colours() {
    let home = home_with_a_room();
    let mut terminal = open(&home, (SILENT, b""));
    terminal.send(b"a").expect("written");
    terminal.wait_for("› a").expect("the first screen with the key");
    terminal.send(b"b").expect("written");
    terminal.wait_for("› ab").expect("keys are read one by one: the probe is over");
    terminal.send(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\").expect("written");
    terminal.send(b"c").expect("written");
    terminal.wait_for("› abc").expect("the next key");
    assert!(!terminal.rows().iter().any(|row| row.contains("rgb")), "{:#?}", terminal.rows());
    assert!(terminal.received().contains(LIGHT_STRONG));
}

#[test]
fn a_terminal_with_sixteen_colours_gets_no_others_and_is_asked_for_no_motion() {
    let home = Home::default();
    let mut command = home.chat(&[]);
    command.env("TERM", "xterm");
    let mut terminal = Terminal::answering(&command, (80, 24), (PLAIN, b"")).expect("a terminal");
    terminal.wait_for("online").expect("connected");
    let received = terminal.received();
    assert!(!received.contains("38;2;") && !received.contains("48;2;"), "{received:?}");
    assert!(!received.contains("38;5;") && !received.contains("48;5;"), "not even in the newer form: {received:?}");
    assert!(received.contains("\x1b[?1000h") && !received.contains("?1003h") && !received.contains("?1002h"));
}

#[test]
fn a_wrapped_link_leads_to_its_whole_address() {
    let home = Home::default();
    let address = "https://ci.example.org/builds/4211/artifacts/with/a/long/path?tab=log";
    home.output(&["send", "general", &format!("see {address} and tell me")]);
    let mut terminal = Terminal::answering(&chat(&home), (40, 10), (PLAIN, b"")).expect("a terminal");
    // The link is drawn after the plain text, from its first row to its last.
    terminal.wait_for("tab=log").expect("the link");
    let received = terminal.received();
    let end = format!(";{address}\x07");
    let opened = received.match_indices(&end);
    let ids: Vec<_> = opened.filter_map(|(at, _)| received[..at].rsplit("\x1b]8;id=").next()).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ids[0]), "{received:?}");
    assert!(terminal.rows().iter().filter(|row| row.contains('/')).count() >= 2, "{:#?}", terminal.rows());
}

#[test]
fn a_chosen_theme_is_kept_over_starts_unless_the_settings_name_one() {
    let home = Home::default();
    let is_light = |screen: &Screen| screen.coloured().contains(LIGHT_STRONG);
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for_text("message #general");
    assert!(!is_light(&screen));
    screen.type_text("/theme light");
    screen.press(&["Enter"]);
    until("the light theme", || is_light(&screen).then_some(()));
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    let again = Screen::chat(&home, (80, 24), &[]);
    again.wait_for_text("message #general");
    assert!(is_light(&again));
    let folder = home.path().join(".config/chat");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("client.toml"), "[tui]\ntheme = \"dark\"\n").expect("written");
    let named = Screen::chat(&home, (80, 24), &[]);
    named.wait_for_text("message #general");
    assert!(!is_light(&named));
    named.type_text("/theme light");
    named.press(&["Enter"]);
    named.wait_for_text("client.toml names the theme dark");
}

#[test]
fn a_wrong_line_of_the_keymap_is_a_warning() {
    let home = Home::default();
    let folder = home.path().join(".config/chat");
    std::fs::create_dir_all(&folder).expect("a folder");
    let keymap = "[everywhere]\n\"f5\" = \"fly\"\n\"f6\" = \"help\"\n\"hyper+x\" = \"quit\"\n";
    std::fs::write(folder.join("keymap.toml"), keymap).expect("written");
    let screen = Screen::chat(&home, (80, 24), &[]);
    screen.wait_for("the warning", |lines| {
        let shown = lines.join(" ");
        shown.contains("keymap.toml") && shown.contains("fly") && shown.contains("chat doctor")
    });
    screen.press(&["F6"]);
    screen.wait_for_text("switch_room");
}
