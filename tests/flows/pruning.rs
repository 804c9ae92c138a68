//! Old messages are removed, by the server itself and by `chat-server prune`, and nothing of them is left anywhere.

use std::process::{Command, Output};

use chat_proto::client_frame::Subscription;
use chat_proto::ids::Seq;
use chat_proto::message::Item;
use chat_proto::request::{Edit, History};
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::program;
use chat_tests::server::Server;
use chat_tests::wait::{eventually, until};

/// Makes the messages up to a number ten days older.
fn age(database: &rusqlite::Connection, up_to: Seq) {
    let place = i64::try_from(up_to.0).expect("a small number");
    database.execute("UPDATE item SET at = at - 10 * 86400000 WHERE seq <= ?1", [place]).expect("written");
}

/// Posts three messages that will be old, one of them edited, and one that will not. Returns the last old one and the token.
async fn fill(server: &Server) -> (Seq, String) {
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let first = ana.post("k1", "zanzibarsecret one").await.seq;
    ana.post("k2", "zanzibarsecret two").await;
    let last = ana.post("k3", "zanzibarsecret three").await.seq;
    let body = "zanzibarsecret four".parse().expect("a body");
    ana.call(&Edit { room: GENERAL, seq: first, body }).await;
    ana.post("k4", "young").await;
    (last, welcome.token.expect("a token"))
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().filter_map(|item| Some(item.content.message()?.body.as_str())).collect()
}

fn prune(server: &Server, flags: &[&str]) -> Output {
    let mut command = Command::new(program::path("chat-server"));
    command.arg("prune").arg("--data").arg(server.data()).args(flags).output().expect("it runs")
}

fn line(output: &Output) -> &str {
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "progress is for terminals: {output:?}");
    std::str::from_utf8(&output.stdout).expect("UTF-8").trim_end()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_removes_messages_that_are_older_than_it_keeps_them() {
    let mut server = Server::start();
    let (last, token) = fill(&server).await;
    let (mut ben, before) = Peer::register(server.address(), "ben", Subscription::None).await;
    let ben_token = before.token.clone().expect("a token");
    let cursor = ben.call(&History { room: GENERAL, before: None, limit: 1 }).await.head;
    server.edit_database(|database| age(database, last));

    // The setting is taken over while the room is in memory, with its old messages.
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(texts(&ana.changes(Seq::ZERO).await).len(), 4);
    server.configure("[limits]\nenabled = false\n[rooms]\nkeep_days = 7\n");
    server.hang_up();
    eventually("the old messages to go", async || (texts(&ana.changes(Seq::ZERO).await) == ["young"]).then_some(()))
        .await;
    assert!(server.log().contains("rooms.keep_days = 7"), "{}", server.log());

    let page = ana.call(&History { room: GENERAL, before: None, limit: 10 }).await;
    assert_eq!(texts(&page.items), ["young"], "the room is in memory");
    let page = ana.call(&History { room: GENERAL, before: Some(last), limit: 1 }).await;
    assert_eq!((page.items.len(), page.joins.len(), page.next_before), (0, 1, None), "ana's join is left: {page:?}");
    let (mut ben, welcome) = Peer::with_token(server.address(), &ben_token, Subscription::None, None).await;
    assert_eq!(welcome.account.rooms[0].room.pruned_to, last);
    ana.post("k5", "later").await;
    let changes = ben.call(&chat_proto::request::Changes { room: GENERAL, after: cursor, limit: 100 }).await;
    assert_eq!((changes.parted, texts(&changes.items)), (None, vec!["later"]), "an old cursor stays valid");
    until("the texts to leave the disk", || (!server.holds("zanzibarsecret")).then_some(()));
    server.kill();
    assert!(!server.holds("zanzibarsecret"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_removes_old_messages_from_a_folder_that_no_server_uses() {
    let mut server = Server::start();
    let (last, token) = fill(&server).await;
    server.edit_database(|database| age(database, last));

    let refused = prune(&server, &["--days", "7"]);
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && why.contains("keep_days"), "{why}");
    assert_eq!(line(&prune(&server, &["--days", "7", "--dry-run"])), "#general: 3 messages would be removed");
    server.terminate();
    assert!(server.holds("zanzibarsecret"), "neither has removed any");

    let unsaid = prune(&server, &[]);
    assert!(String::from_utf8_lossy(&unsaid.stderr).contains("--before"), "{unsaid:?}");
    let unknown = prune(&server, &["--days", "7", "--room", "nowhere"]);
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no room nowhere"), "{unknown:?}");
    assert_eq!(line(&prune(&server, &["--days", "30"])), "no messages are that old");
    let done = prune(&server, &["--days", "7", "--room", "#general", "--json"]);
    let expected = r#"{"v":2,"type":"prune","room":{"id":"R1","name":"general"},"messages":3,"dry_run":false}"#;
    assert_eq!(line(&done), expected);
    assert!(!server.holds("zanzibarsecret"), "gone when the command ends");
    assert_eq!(line(&prune(&server, &["--days", "7"])), "no messages are that old");

    server.restart();
    let (mut ana, welcome) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(welcome.account.rooms[0].room.pruned_to, last);
    let page = ana.call(&History { room: GENERAL, before: None, limit: 10 }).await;
    assert_eq!(texts(&page.items), ["young"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_far_ahead_at_the_start_removes_nothing_until_someone_says_so() {
    let mut server = Server::start();
    let (_, token) = fill(&server).await;
    server.configure("[limits]\nenabled = false\n[rooms]\nkeep_days = 7\n");
    // As if the clock were set ahead by 400 days.
    server.edit_database(|database| {
        database.execute("UPDATE item SET at = at - 400 * 86400000", []).expect("written");
        database.execute("UPDATE room SET last_message_at = last_message_at - 400 * 86400000", []).expect("written");
    });
    until("the log to say it", || server.log().contains("the clock was far ahead of the newest message").then_some(()));
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    assert_eq!(texts(&ana.changes(Seq::ZERO).await).len(), 4);
    server.terminate();
    let refused = prune(&server, &["--days", "7"]);
    let why = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(1) && why.contains("400 days ahead") && why.contains("--before"), "{why}");
    let mut doctor = Command::new(program::path("chat-server"));
    let found = doctor.arg("doctor").arg("--data").arg(server.data()).env("CHAT_SERVER_ROOMS_KEEP_DAYS", "7").output();
    let found = String::from_utf8(found.expect("it runs").stdout).expect("UTF-8");
    assert!(found.contains("the clock is 400 days ahead of the newest message"), "{found}");
    assert_eq!(line(&prune(&server, &["--before", "2100-01-01"])), "#general: 4 messages removed");
}
