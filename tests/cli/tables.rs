//! Output for people: tables on a terminal, help with examples, manual pages.

use chat_tests::client::Home;
use chat_tests::screen::Screen;

#[test]
fn rooms_are_shown_in_columns_with_a_header_on_a_terminal_only() {
    let home = Home::default();
    for name in ["ops", "日本語", "a-name-that-is-long-but-allowed"] {
        home.output(&["room", "create", name, "--topic", "about"]);
    }
    let plain = home.output(&["rooms"]);
    assert!(!plain.contains("MEMBERS"), "{plain}");
    let screen = Screen::shell(&home, (120, 30));
    screen.type_text("chat rooms");
    screen.press(&["Enter"]);
    screen.wait_for_text("general");
    let text = screen.wait_for_text("MEMBERS").join("\n");
    let column = |row: &str, word: &str| {
        let at = row.find(word).unwrap_or_else(|| panic!("{word} in {row:?}"));
        // Each of these takes two columns.
        row[..at].chars().map(|c| if "日本語".contains(c) { 2 } else { 1 }).sum::<usize>()
    };
    let columns: Vec<usize> =
        text.lines().filter(|row| row.contains("about")).map(|row| column(row, "about")).collect();
    assert_eq!(columns.len(), 3, "{text}");
    assert!(columns.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
}

#[test]
fn the_manual_calls_its_examples_examples() {
    let home = Home::default();
    let page = home.output(&["man"]);
    assert!(page.contains(".SH EXAMPLES") && !page.contains(".SH EXTRA"), "{page}");
    let folder = home.path().join("man");
    home.output(&["man", "--dir", &folder.display().to_string()]);
    let page = std::fs::read_to_string(folder.join("chat-room-create.1")).expect("a page for each command");
    assert!(page.contains(".SH EXAMPLES") && !page.contains(".SH EXTRA"), "{page}");
}
