//! The client's own files: `doctor` and the commands that need them report all their faults at once.

use chat_tests::client::Home;
use chat_tests::screen::Screen;
use serde_json::Value;

/// Returns a home whose three files have seven faults.
fn faulty() -> (Home, [&'static str; 7]) {
    let home = Home::default();
    let folder = home.path().join(".config/chat");
    std::fs::create_dir_all(&folder).expect("a folder");
    let theme = folder.join("theme.toml");
    let settings = format!(
        "colour = 1\n[tui]\nmouse = \"yes\"\nnotify = \"loudly\"\ntheme = {:?}\n[profiles.work]\nserver = 5\n",
        theme.display().to_string()
    );
    std::fs::write(folder.join("client.toml"), settings).expect("written");
    std::fs::write(folder.join("keymap.toml"), "[composer]\n\"hyper+x\" = \"send\"\n[nowhere]\n").expect("written");
    std::fs::write(&theme, "[roles]\nmesage = { bold = true }\n").expect("written");
    (home, ["colour", "tui.mouse", "loudly", "profiles.work.server", "hyper", "nowhere", "mesage"])
}

#[test]
fn doctor_names_every_fault_and_goes_on() {
    let (home, words) = faulty();
    let output = home.run(&["doctor", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    for word in words {
        assert!(text.contains(word), "{word} in {text}");
    }
    let checks: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(checks.iter().any(|check| check["name"] == "round trip"), "the other checks still run: {text}");
}

#[test]
fn a_command_that_needs_the_settings_names_every_fault() {
    let (home, words) = faulty();
    let output = home.run(&["whoami"]);
    assert_eq!(output.status.code(), Some(2));
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    for word in words {
        assert!(talk.contains(word), "{word} in {talk}");
    }
}

#[test]
fn the_full_screen_client_names_every_fault_of_keys_and_colours() {
    let (home, words) = faulty();
    let theme = home.path().join(".config/chat/theme.toml");
    let settings = format!("[tui]\ntheme = {:?}\n", theme.display().to_string());
    std::fs::write(home.path().join(".config/chat/client.toml"), settings).expect("written");
    let screen = Screen::shell(&home, (100, 30));
    screen.type_text("chat");
    screen.press(&["Enter"]);
    for word in &words[4..] {
        screen.wait_for_text(word);
    }
    // Wrong keys alone do not keep anyone out.
    std::fs::write(home.path().join(".config/chat/client.toml"), "").expect("written");
    screen.type_text("clear; chat");
    screen.press(&["Enter"]);
    screen.wait_for_text("message #general");
}

#[test]
fn a_wrong_listen_address_is_bad_input() {
    let home = Home::default();
    assert_eq!(home.code(&["serve", "--listen", "bad"]), 2);
    let error = home.run(&["serve", "--listen", "bad", "--json"]);
    let error: Value = serde_json::from_slice(&error.stderr).expect("JSON");
    assert_eq!(error["code"], "bad_request");
}
