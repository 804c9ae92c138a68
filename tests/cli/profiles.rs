//! Which server commands use: the default profile, the flags, and never what the screen or a sign-in did.

use chat_tests::client::Home;
use chat_tests::server::Server;
use serde_json::Value;

fn register(home: &Home, server: &[&str], name: &str) {
    let output = home.pipe(&[server, &["register", name, "--password-stdin"]].concat(), b"correct horse");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn commands_use_the_default_profile_and_only_profile_default_changes_it() {
    let (one, two) = (Server::start(), Server::start());
    let home = Home::default();
    let settings = "# mine\n[profiles.one]\nserver = \"ADDRESS1\"\n[profiles.two] # the other\nserver = \"ADDRESS2\"\n";
    let settings = settings.replace("ADDRESS1", &format!("ws://{}", one.address()));
    home.configure(&settings.replace("ADDRESS2", &two.address().to_string()));
    register(&home, &["--profile", "one"], "ana");
    register(&home, &["--profile", "two"], "ben");
    for (name, account) in [("one", "ana"), ("two", "ben")] {
        home.output(&["profile", "default", name]);
        assert!(home.output(&["whoami"]).starts_with(account));
        let listed = home.output(&["profile", "list", "--json"]);
        let listed: Vec<Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let names: Vec<_> = listed.iter().map(|line| (&line["name"], &line["account"])).collect();
        assert_eq!(names, [(&"one".into(), &"ana".into()), (&"two".into(), &"ben".into())]);
        let default: Vec<_> =
            listed.iter().filter(|line| line["is_default"] == true).map(|line| &line["name"]).collect();
        assert_eq!(default, [name]);
    }
    assert!(home.output(&["profile", "list"]).contains("* two"));
    assert!(home.output(&["--local", "whoami"]).contains("at unix:"), "the server on this machine");
    home.output(&["profile", "default", "--none"]);
    assert!(home.output(&["whoami"]).contains("at unix:"));
    assert_eq!(home.code(&["profile", "default", "nosuch"]), 2);
    assert_eq!(home.code(&["--local", "--profile", "one", "whoami"]), 2);
    let settings = std::fs::read_to_string(home.path().join(".config/chat/client.toml")).expect("there");
    assert!(settings.contains("# mine") && settings.contains("# the other"), "{settings}");
}
