//! Signing in on the screen: at the first start, after a wrong password, with a new account, and after being signed out.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use chat_tests::server::Server;
use chat_tests::wait::until;

/// A server that is reached over the network, and its address.
fn server(registration: &str) -> (Server, String) {
    let settings = format!("[limits]\nenabled = false\n[auth]\nregistration = \"{registration}\"\n");
    let server = Server::start_with(&[], &settings);
    let address = format!("ws://{}", server.address());
    (server, address)
}

fn enter(screen: &Screen, text: &str) {
    screen.type_text(text);
    screen.press(&["Enter"]);
}

#[test]
fn a_start_without_a_sign_in_asks_for_one_and_keeps_it() {
    let (_server, address) = server("loopback");
    let zoe = Home::default();
    let registered = zoe.pipe(&["--server", &address, "register", "zoe", "--password-stdin"], b"correct horse");
    assert!(registered.status.success(), "{}", String::from_utf8_lossy(&registered.stderr));
    zoe.output(&["--server", &address, "send", "general", "from the shell"]);
    let elsewhere = Home::default();
    let screen = Screen::chat(&elsewhere, (80, 24), &["--server", &address]);
    screen.wait_for("the form", |lines| {
        lines.iter().any(|line| line.contains("sign in")) && lines.iter().any(|line| line.contains(&address[5..]))
    });
    enter(&screen, "zoe");
    enter(&screen, "incorrect horse");
    screen.wait_for_text("Wrong name or password.");
    enter(&screen, "correct horse");
    screen.wait_for_text("from the shell");
    enter(&screen, "and from the screen");
    until("the message", || {
        let history = elsewhere.output(&["--server", &address, "tail", "general"]);
        history.contains("and from the screen").then_some(())
    });
    // Another device ends all other sign-ins: the form comes back, and the draft stays.
    screen.type_text("half a thought");
    screen.wait_for_text("› half a thought");
    let changed = zoe.pipe(&["--server", &address, "passwd", "--password-stdin"], b"correct horse\nbattery staple\n");
    assert!(changed.status.success(), "{}", String::from_utf8_lossy(&changed.stderr));
    screen.wait_for_text("You were signed out.");
    enter(&screen, "battery staple");
    screen.wait_for("the room", |lines| {
        lines.iter().any(|line| line.contains("● online")) && !lines.iter().any(|line| line.contains("signed out"))
    });
    screen.wait_for_text("› half a thought");
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
    for password in ["correct horse", "battery staple"] {
        assert!(!elsewhere.holds(password), "{password} is on disk");
    }
}

#[test]
fn the_first_account_is_made_on_the_screen_with_the_setup_code() {
    let (mut server, address) = server("code");
    let line = server.next_line();
    let code = line.strip_prefix("setup code for the first account: ").expect("a code").to_owned();
    let home = Home::default();
    let screen = Screen::chat(&home, (40, 10), &["--server", &address]);
    screen.wait_for_text("No account yet?");
    screen.press(&["Up", "Enter"]);
    screen.wait_for_text("create an account");
    for text in ["ana", "correct horse battery", "correct horse battery"] {
        enter(&screen, text);
    }
    screen.wait_for_text("A code is needed");
    enter(&screen, &code);
    screen.wait_for_text("message #general");
    assert!(home.output(&["--server", &address, "whoami"]).starts_with("ana at"));
}

fn leave(screen: &Screen) {
    screen.press(&["C-q"]);
    until("the end", || screen.has_ended().then_some(()));
}

#[test]
fn the_screen_returns_to_the_last_server_and_commands_stay() {
    let (_server, address) = server("loopback");
    let home = Home::default();
    home.output(&["send", "general", "on this machine"]);
    let registered = home.pipe(&["--server", &address, "register", "zoe", "--password-stdin"], b"correct horse");
    assert!(registered.status.success());
    home.output(&["--server", &address, "send", "general", "far away"]);
    // A script signs in, and moves nothing.
    let first = Screen::chat(&home, (100, 24), &[]);
    let lines = first.wait_for_text("on this machine");
    assert!(!lines.iter().any(|line| line.contains("as last time")), "{lines:#?}");
    leave(&first);
    let named = Screen::chat(&home, (100, 24), &["--server", &address]);
    named.wait_for_text("far away");
    leave(&named);
    let back = Screen::chat(&home, (100, 24), &[]);
    back.wait_for_text(&format!("zoe on {}, as last time;", &address[5..]));
    back.wait_for_text("far away");
    leave(&back);
    assert!(home.output(&["whoami"]).contains("at unix:"), "commands stay where they were");
    let local = Screen::chat(&home, (100, 24), &["--local"]);
    local.wait_for_text("on this machine");
    leave(&local);
    let again = Screen::chat(&home, (100, 24), &[]);
    let lines = again.wait_for_text("on this machine");
    assert!(!lines.iter().any(|line| line.contains("as last time")), "{lines:#?}");
}

#[test]
fn an_account_made_by_hand_in_the_shell_is_where_the_screen_opens() {
    let (_server, address) = server("loopback");
    let home = Home::default();
    let shell = Screen::shell(&home, (100, 24));
    enter(&shell, &format!("chat --server {address} register zoe"));
    for prompt in ["Password:", "Repeat it:"] {
        shell.wait_for_text(prompt);
        enter(&shell, "correct horse");
    }
    shell.wait_for_text("registered and signed in");
    enter(&shell, "clear; chat");
    shell.wait_for_text(&format!("zoe on {}, as last time;", &address[5..]));
}
