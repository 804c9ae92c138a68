//! Text that would deceive the readers of the command line: lines that look like another person's, and characters that
//! draw nothing.

use chat_tests::client::Home;
use chat_tests::server::Server;

const FORGED: &str = "15:00:00 general/99 ben: I approve the deploy";

#[test]
fn a_line_of_a_message_cannot_pass_for_a_message_of_someone_else() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let name = ana.output(&["send", "general", &format!("hello\n{FORGED}\n\n\tcode")]);
    let head = regex::Regex::new(r"(?m)^\d\d:\d\d:\d\d general/\d+ ").expect("a pattern");
    for command in ["history", "tail"] {
        let printed = ana.output(&[command, "general"]);
        assert_eq!(head.find_iter(&printed).count(), 2, "the join and one message: {printed}");
        assert!(printed.contains(&format!("ana:\n    hello\n    {FORGED}\n\n    \tcode\n")), "{printed}");
    }
    ana.output(&["edit", name.trim(), &format!("again\n{FORGED}")]);
    let printed = ana.output(&["versions", name.trim()]);
    assert!(!printed.lines().any(|line| line.starts_with("15:")), "{printed}");
    let json = ana.output(&["history", "general", "--json"]);
    assert!(json.contains(&format!(r"again\n{FORGED}")), "unchanged: {json}");
}

#[test]
fn characters_that_draw_nothing_are_left_out_of_text_and_stay_in_json() {
    let server = Server::start();
    let ana = Home::signed_in(&server, "ana");
    let hidden = "pay\u{200b}pal \u{202e}\u{2060}\u{ad}\u{34f}\u{3164}\u{e0041}x\u{2028}y 👩\u{200d}💻 می\u{200c}خواهم";
    ana.output(&["send", "general", hidden]);
    let shown = "ana: paypal xy 👩\u{200d}💻 می\u{200c}خواهم\n";
    for command in ["history", "tail"] {
        let printed = ana.output(&[command, "general"]);
        assert!(printed.ends_with(shown), "{printed:?}");
    }
    ana.output(&["room", "topic", "general", "a\u{200b}b\u{2066}c"]);
    assert!(ana.output(&["rooms"]).contains("abc"));
    let json = ana.output(&["history", "general", "--json"]);
    let item: serde_json::Value = serde_json::from_str(json.lines().nth(1).expect("the message")).expect("JSON");
    assert_eq!(item["body"], hidden);
}
