//! A damaged row: it is one damaged message, and everything around it goes on. A damaged page: the operator learns of it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::process::Command;

use chat_proto::client_frame::{Auth, Subscription};
use chat_proto::codec;
use chat_proto::error::ErrorCode;
use chat_proto::ids::Seq;
use chat_proto::message::{Content, Item};
use chat_proto::request::{Delete, History};
use chat_proto::server_frame::ServerFrame;
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::program;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use serde_json::Value;

use super::displaced::readiness;

/// The places of damaged items, in order.
fn damaged(items: &[Item]) -> Vec<Seq> {
    let damaged = items.iter().filter(|item| item.content == Content::Damaged);
    let mut places: Vec<_> = damaged.map(|item| item.seq).collect();
    places.sort_unstable();
    places
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().filter_map(|item| Some(item.content.message()?.body.as_str())).collect()
}

/// Flips a byte in the text of one message, and cuts the stored form of another.
fn damage(server: &Server, text: Seq, form: Seq) {
    let database = rusqlite::Connection::open(server.data().join("chat.db")).expect("opened");
    let place = |seq: Seq| i64::try_from(seq.0).expect("a small number");
    let row = "SELECT CAST(text AS BLOB) FROM body WHERE id = (SELECT body FROM item WHERE room = 1 AND seq = ?1)";
    let mut bytes: Vec<u8> = database.query_row(row, [place(text)], |row| row.get(0)).expect("a row");
    bytes[3] ^= 0x80;
    let write = "UPDATE body SET text = CAST(?2 AS TEXT)
        WHERE id = (SELECT body FROM item WHERE room = 1 AND seq = ?1)";
    assert_eq!(database.execute(write, rusqlite::params![place(text), bytes]), Ok(1));
    let write = "UPDATE item SET what = '{\"v\":2,\"mentions\":[\"' WHERE room = 1 AND seq = ?1";
    assert_eq!(database.execute(write, [place(form)]), Ok(1));
}

/// Doctor and backup say which messages are damaged.
fn the_tools_name_them(server: &Server, text: Seq, form: Seq) {
    let mut doctor = Command::new(program::path("chat-server"));
    doctor.args(["doctor", "--json", "--listen", "127.0.0.1:0", "--data"]).arg(server.data());
    let output = doctor.output().expect("it runs");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let checks = lines.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
    let check = checks.into_iter().find(|check| check["name"] == "database file").expect("checked");
    assert_eq!((output.status.code(), &check["level"]), (Some(1), &"fail".into()), "{check}");
    let message = check["message"].as_str().expect("text");
    assert!(message.ends_with(&format!("2 damaged messages: general/{text}, general/{form}")), "{message}");

    let backup = server.data().with_file_name("backup.db");
    let mut command = Command::new(program::path("chat-server"));
    let output = command.args(["backup", "--data"]).arg(server.data()).arg(&backup).output().expect("it runs");
    assert!(output.status.success(), "what is whole is copied: {output:?}");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains(&format!("2 of its messages are damaged, as in the original: general/{text}, ")), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_byte_damages_one_message_and_locks_nobody_out() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    let token = welcome.token.clone().expect("a token");
    ana.post("k1", "before").await;
    let text = ana.post("k2", "flipped").await.seq;
    ana.post("k3", "between").await;
    let form = ana.post("k4", "bent").await.seq;
    ana.post("k5", "after").await;
    assert!(server.terminate().success());
    damage(&server, text, form);

    server.restart();
    // By token and as someone new; both enter #general.
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let (mut ben, _) = Peer::register(server.address(), "ben", Subscription::None).await;
    for _ in 0..3 {
        let page = ben.call(&History { room: GENERAL, before: None, limit: 50 }).await.items;
        assert_eq!(damaged(&page), [text, form]);
        assert_eq!(texts(&page), ["before", "between", "after"]);
        let changes = ana.changes(Seq::ZERO).await;
        assert_eq!(damaged(&changes), [text, form]);
    }
    ana.post("k6", "the room goes on").await;
    let refused = ben.try_call(&Delete { room: GENERAL, seq: text }).await.expect("connected");
    assert_eq!(refused.expect_err("another's message").code, ErrorCode::NotAllowed);
    let log = server.log();
    let told: Vec<_> = log.lines().filter(|line| line.contains("a damaged row")).collect();
    assert_eq!(told.len(), 2, "{log}");
    for seq in [text, form] {
        let named = format!("seq={seq} ");
        assert!(told.iter().any(|line| line.contains("room=R1") && line.contains(&named)), "{told:?}");
    }
    assert!(!log.contains("flip"), "no text in the log");
    assert!(server.terminate().success());

    the_tools_name_them(&server, text, form);
    // Their author may erase them.
    server.restart();
    let (mut ana, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    for seq in [text, form] {
        ana.call(&Delete { room: GENERAL, seq }).await;
    }
    let page = ana.call(&History { room: GENERAL, before: None, limit: 50 }).await.items;
    assert!(
        damaged(&page).is_empty() && texts(&page) == ["before", "between", "after", "the room goes on"],
        "{page:?}"
    );
    assert!(server.terminate().success());
    let database = std::fs::read(server.data().join("chat.db")).expect("a file");
    let holds = |word: &[u8]| database.windows(word.len()).any(|bytes| bytes == word);
    assert!(holds(b"between") && !holds(b"bent") && !holds(b"pped"), "the rest of \"flipped\", too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_that_cannot_be_loaded_makes_the_server_unready() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::register(server.address(), "ana", Subscription::None).await;
    ana.post("k1", "in the damaged page").await;
    assert!(server.terminate().success());
    let path = server.data().join("chat.db");
    let database = rusqlite::Connection::open(&path).expect("opened");
    let root = "SELECT rootpage FROM sqlite_schema WHERE name = 'item'";
    let page: u32 = database.query_row(root, [], |row| row.get(0)).expect("a table");
    drop(database);
    let file = File::options().write(true).open(&path).expect("opened");
    file.write_all_at(&[0x5a; 4_096], u64::from(page - 1) * 4_096).expect("written");

    server.restart();
    let mut peer = Peer::connect(server.address()).await;
    let auth = Auth::Token { token: welcome.token.expect("a token") };
    peer.send(codec::encode_hello(&Peer::hello(auth, Subscription::None, None))).await;
    let refused = match peer.next().await {
        Some(ServerFrame::Error(refused)) => refused.error,
        other => panic!("{other:?}"),
    };
    assert_eq!((refused.code, refused.retryable), (ErrorCode::StorageFailed, false), "{refused}");
    // Also once the database can be written again.
    let is_said = async || readiness(&server, "503").await.contains("the database is damaged").then_some(());
    eventually("the damage is said", is_said).await;
}
