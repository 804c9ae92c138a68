//! Questions on a real terminal: before something is lost, and for passwords. Must not know how the server stops.

use chat_tests::client::Home;
use chat_tests::screen::Screen;

/// Runs a command in a shell, answers its question, and waits for its exit status.
fn asked(shell: &Screen, command: &str, answer: &str, status: &str) -> Vec<String> {
    shell.type_text(&format!("clear; {command}; echo ended with $?"));
    shell.press(&["Enter"]);
    shell.wait_for_text("Stop the server? [y/N]");
    shell.type_text(answer);
    shell.press(&["Enter"]);
    shell.wait_for_text(&format!("ended with {status}"))
}

#[test]
fn a_server_with_ephemeral_messages_is_stopped_if_the_person_agrees() {
    let home = Home::default();
    home.output(&["send", "general", "--ttl", "1h", "in memory only"]);
    let shell = Screen::shell(&home, (100, 20));
    for (command, answer) in [("chat local stop", "n"), ("chat local stop", ""), ("chat local restart", "later")] {
        let shown = asked(&shell, command, answer, "1").join("\n");
        assert!(shown.contains("1 ephemeral message will be lost."), "{shown}");
        assert!(shown.contains("chat: not stopped"), "{shown}");
        assert!(home.output(&["history", "general"]).contains("in memory only"), "{command} {answer:?}");
    }
    asked(&shell, "chat local restart", "y", "0");
    assert!(home.output(&["local", "status"]).contains("running, pid"));
    assert!(!home.output(&["history", "general"]).contains("in memory only"));
    home.output(&["send", "general", "--ttl", "1h", "in memory only"]);
    asked(&shell, "chat local stop", "yes", "0");
    assert_eq!(home.code(&["local", "status"]), 3);
}

#[test]
fn a_question_for_a_password_ends_with_ctrl_c_and_leaves_the_echo() {
    let home = Home::default();
    let shell = Screen::shell(&home, (100, 20));
    shell.type_text("clear; chat passwd; echo ended with $?");
    shell.press(&["Enter"]);
    shell.wait_for_text("Current password (empty if there is none):");
    shell.press(&["C-c"]);
    shell.wait_for_text("ended with 130");
    shell.type_text("stty -a | grep -oE -e '-?echo ' | sed 's/^/mode /'");
    shell.press(&["Enter"]);
    shell.wait_for("the mode", |lines| lines.iter().any(|line| line == "mode echo"));
}
