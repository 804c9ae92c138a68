//! Every exit restores the terminal: its modes and its screen.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use rustix::process::{Pid, Signal, kill_process};

/// Opens a shell and records its terminal modes.
fn shell(home: &Home) -> Screen {
    let screen = Screen::shell(home, (80, 24));
    screen.type_text("cd; stty -a > before; echo mark");
    screen.press(&["Enter"]);
    screen.wait_for("the mark", |lines| lines.iter().any(|line| line == "mark"));
    screen
}

fn start(screen: &Screen, command: &str) {
    screen.type_text(command);
    screen.press(&["Enter"]);
    screen.wait_for_text("message #general");
}

/// Checks that the shell is back, with its previous content and modes.
fn is_as_before(screen: &Screen, home: &Home) {
    screen.wait_for("the shell's screen and its prompt", |lines| {
        let prompt = lines.iter().rfind(|line| !line.is_empty());
        lines.iter().any(|line| line == "mark") && prompt.is_some_and(|line| line == "$")
    });
    screen.type_text("stty -a > after; echo done");
    screen.press(&["Enter"]);
    screen.wait_for("the output of the typed command", |lines| lines.iter().any(|line| line == "done"));
    let read = |name: &str| std::fs::read_to_string(home.path().join(name)).expect("written");
    assert_eq!(read("before"), read("after"));
}

/// Returns the process id of the `chat` that runs in the shell.
fn pid_of_chat(screen: &Screen) -> Pid {
    let shell = screen.pid();
    let children = std::fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).expect("it runs");
    let child = children.split_whitespace().next().expect("a child").parse().expect("a pid");
    Pid::from_raw(child).expect("a pid")
}

#[test]
fn quitting_by_key_restores_the_terminal() {
    let home = Home::default();
    let screen = shell(&home);
    start(&screen, "chat");
    screen.press(&["C-q"]);
    is_as_before(&screen, &home);
}

#[test]
fn signals_restore_the_terminal() {
    for signal in [Signal::TERM, Signal::HUP] {
        let home = Home::default();
        let screen = shell(&home);
        start(&screen, "chat");
        kill_process(pid_of_chat(&screen), signal).expect("it runs");
        is_as_before(&screen, &home);
    }
}

#[test]
fn a_panic_restores_the_terminal_and_shows_its_report() {
    let home = Home::default();
    let screen = shell(&home);
    start(&screen, "CHAT_PANIC_ON_F12=1 chat");
    screen.press(&["F12"]);
    screen.wait_for_text("asked to panic");
    screen.type_text("clear; echo mark");
    screen.press(&["Enter"]);
    is_as_before(&screen, &home);
}

#[test]
fn suspending_and_resuming_restores_both_screens() {
    let home = Home::default();
    let screen = shell(&home);
    start(&screen, "chat");
    screen.type_text("half a thought");
    screen.wait_for_text("half a thought");
    screen.press(&["C-z"]);
    is_as_before(&screen, &home);
    screen.type_text("fg");
    screen.press(&["Enter"]);
    screen.wait_for_text("half a thought");
    screen.press(&["Enter"]);
    screen.wait_for("the message", |lines| {
        lines.iter().any(|line| line.contains("half a thought") && !line.contains('›'))
    });
    screen.press(&["C-q"]);
    screen.wait_for("the shell's screen", |lines| lines.iter().any(|line| line == "mark"));
}

#[test]
fn faulty_settings_leave_the_terminal_untouched() {
    let home = Home::default();
    let folder = home.path().join(".config/chat");
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("keymap.toml"), "[composer]\n\"hyper+x\" = \"send\"\nx = \"fly\"\n").expect("written");
    std::fs::write(folder.join("client.toml"), "colour = 1\n").expect("written");
    let screen = shell(&home);
    screen.type_text("chat; echo status $?");
    screen.press(&["Enter"]);
    let lines = screen.wait_for_text("status 2");
    let shown = lines.join("");
    assert!(["hyper+x", "fly", "colour"].iter().all(|fault| shown.contains(fault)), "{lines:#?}");
}
