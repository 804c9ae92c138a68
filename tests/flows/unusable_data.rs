//! Data that are no whole database: no server starts on them, for an empty one would take the place of the former one.

use std::fs::File;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;
use std::process::{Command, Output};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Content;
use chat_tests::peer::Peer;
use chat_tests::program;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use serde_json::Value;

/// The data of a server that holds a message and was shut down.
async fn used() -> Server {
    let mut server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    for number in 0..40 {
        ana.post(&format!("k{number}"), &"precious ".repeat(200)).await;
    }
    assert!(server.terminate().success());
    server
}

/// Runs the server on a folder that it must refuse.
fn started(data: &Path) -> Output {
    let mut command = Command::new(program::path("chat-server"));
    // Should it start, it is ended after this time.
    let limited = ["-k", "1", "20"];
    let server = command.get_program().to_owned();
    command = Command::new("timeout");
    command.args(limited).arg(server).args(["--listen", "127.0.0.1:0", "--data"]).arg(data).output().expect("it runs")
}

fn doctor(data: &Path, name: &str) -> (Option<i32>, Value) {
    let mut command = Command::new(program::path("chat-server"));
    command.args(["doctor", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let check = lines.find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {text}"));
    (output.status.code(), check)
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry"));
    let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// A damage, its name, and a word that server and doctor must say about it.
type Damage = (&'static str, &'static str, fn(&Path));

const DAMAGES: &[Damage] = &[
    ("an empty file", "chat.db is empty", |data| {
        File::create(data.join("chat.db")).expect("emptied");
    }),
    ("an empty file beside a log", "chat.db is empty", |data| {
        File::create(data.join("chat.db")).expect("emptied");
        std::fs::write(data.join("chat.db-wal"), vec![7; 9_000]).expect("written");
    }),
    ("a log alone", "chat.db is missing", |data| {
        std::fs::remove_file(data.join("chat.db")).expect("removed");
        std::fs::write(data.join("chat.db-wal"), vec![7; 9_000]).expect("written");
    }),
    ("a killed restore", "chat.db is missing", |data| {
        std::fs::rename(data.join("chat.db"), data.join("chat.db.restoring")).expect("renamed");
    }),
    ("another kind of file", "not a SQLite database", |data| {
        std::fs::write(data.join("chat.db"), "shopping list\n".repeat(99)).expect("written");
    }),
    ("a database without tables", "does not contain the tables", |data| {
        std::fs::remove_file(data.join("chat.db")).expect("removed");
        let database = rusqlite::Connection::open(data.join("chat.db")).expect("made");
        database.execute_batch("PRAGMA user_version = 0; CREATE TABLE t (x); DROP TABLE t").expect("written");
    }),
    ("another program's database", "does not contain the tables", |data| {
        std::fs::remove_file(data.join("chat.db")).expect("removed");
        let database = rusqlite::Connection::open(data.join("chat.db")).expect("made");
        database.execute_batch("PRAGMA user_version = 3; CREATE TABLE cookies (x)").expect("written");
    }),
    ("the first half of a file", "is incomplete", |data| {
        let file = File::options().write(true).open(data.join("chat.db")).expect("opened");
        let length = file.metadata().expect("a length").len();
        file.set_len(length / 2).expect("cut");
    }),
    ("a newer server's database", "newer server: it has schema version 99", |data| {
        let database = rusqlite::Connection::open(data.join("chat.db")).expect("opened");
        database.pragma_update(None, "user_version", 99).expect("written");
    }),
    ("a damaged first page", "is damaged", |data| {
        let file = File::options().write(true).open(data.join("chat.db")).expect("opened");
        file.write_all_at(&[7; 200], 100).expect("written");
    }),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_refuses_every_damage_with_advice_and_changes_nothing() {
    let server = used().await;
    let whole = std::fs::read(server.data().join("chat.db")).expect("read");
    for (what, said, damage) in DAMAGES {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path();
        std::fs::write(data.join("chat.db"), &whole).expect("written");
        damage(data);
        let before = names(data);
        let database = std::fs::read(data.join("chat.db")).ok();
        let (code, check) = doctor(data, "database file");
        assert_eq!((code, &check["level"]), (Some(1), &"fail".into()), "{what}: {check}");
        let message = check["message"].as_str().expect("text");
        assert!(message.contains(said) && message.contains("chat.db"), "{what}: {message}");
        assert_eq!(names(data), before, "{what}: doctor leaves nothing behind");
        let output = started(data);
        let talk = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {talk}");
        assert!(talk.contains(said) && talk.contains("restore"), "{what}: {talk}");
        assert_eq!(std::fs::read(data.join("chat.db")).ok(), database, "{what}: the file is as it was");
        for name in before {
            assert!(data.join(&name).exists(), "{what}: {name} was removed");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_names_a_database_with_a_damaged_page() {
    let server = used().await;
    let database = server.data().join("chat.db");
    let (code, check) = doctor(&server.data(), "database file");
    assert_eq!((code, &check["level"]), (Some(0), &"ok".into()), "{check}");
    let file = File::options().write(true).open(&database).expect("opened");
    let pages = file.metadata().expect("a length").len() / 4_096;
    file.write_all_at(&[0x5a; 4_096], (pages - 3) * 4_096).expect("written");
    let (code, check) = doctor(&server.data(), "database file");
    assert_eq!((code, &check["level"]), (Some(1), &"fail".into()), "{check}");
    let message = check["message"].as_str().expect("text");
    assert!(message.contains(&format!("{} is damaged", database.display())), "{message}");
    assert!(check["advice"].as_str().expect("advice").contains("restore"), "{check}");
}

#[tokio::test(flavor = "multi_thread")]
async fn data_that_others_can_read_are_reported() {
    let mut server = used().await;
    let private = std::fs::metadata(server.data().join("chat.db")).expect("there").permissions().mode();
    assert_eq!(private & 0o777, 0o600);
    let set = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
    };
    set(&server.data(), 0o755);
    set(&server.data().join("chat.db"), 0o644);
    let (code, check) = doctor(&server.data(), "data privacy");
    assert_eq!((code, &check["level"]), (Some(0), &"warn".into()), "{check}");
    let message = check["message"].as_str().expect("text");
    assert!(message.contains("mode 0755") && message.contains("chat.db has mode 0644"), "{message}");
    server.restart();
    let log = server.log();
    assert!(log.contains("other users of this machine can read the data"), "{log}");
    assert!(log.contains("0755") && log.contains("0644"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_copy_of_a_running_servers_database_is_never_an_empty_server() {
    let server = Server::start();
    let only = |bytes| [("chat.db".to_owned(), bytes)].into();
    let early = std::fs::read(server.data().join("chat.db")).expect("read");
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.post("k", "kept").await;
    let token = welcome.token.clone().expect("a token");
    // Only the file, without the log; as soon as the log was moved into it.
    let with = async |text: &[u8]| {
        eventually("the message in the database's file", async || {
            let bytes = std::fs::read(server.data().join("chat.db")).expect("read");
            bytes.windows(text.len()).any(|window| window == text).then_some(bytes)
        })
        .await
    };
    let copy = with(b"kept").await;
    // Not only after a start.
    ana.post("l", "later").await;
    with(b"later").await;
    let copied = Server::start_on(&only(copy));
    let (mut again, after) = Peer::with_token(copied.address(), &token, Subscription::None, None).await;
    assert_eq!((after.user.id, &after.epoch), (welcome.user.id, &welcome.epoch));
    let items = again.changes(Seq::ZERO).await;
    assert!(items.iter().any(|item| matches!(&item.content, Content::Message(found) if found.body.as_str() == "kept")));
    // Before the first message, the file already is the database of this life.
    let copied = Server::start_on(&only(early));
    let (_, after) = Peer::register(copied.address(), "ben", Subscription::None).await;
    assert_eq!(after.epoch, welcome.epoch);
}
