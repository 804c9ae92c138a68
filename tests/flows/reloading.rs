//! SIGHUP: the settings are read again, and the server goes on whatever it finds.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use chat_proto::client_frame::Subscription;
use chat_proto::error::ErrorCode;
use chat_proto::request::Ping;
use chat_tests::peer::{Peer, post};
use chat_tests::program;
use chat_tests::running::Running;
use chat_tests::server::Server;
use chat_tests::wait::eventually;
use rustix::fs::{FileType, Mode};
use rustix::process::Signal;

/// Posts until a post is refused for its rate, at most `most`. Returns how many were accepted.
async fn burst(peer: &mut Peer, name: &str, most: usize) -> usize {
    for number in 0..most {
        match peer.try_call(&post(&format!("{name}{number}"), &format!("{name} {number}"))).await.expect("connected") {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error.code, ErrorCode::RateLimited, "{error:?}");
                return number;
            }
        }
    }
    most
}

/// Waits until the log has this many lines with these words. Returns the last of them.
async fn logged(server: &Server, words: &str, count: usize) -> String {
    eventually(words, async || {
        let log = server.log();
        let lines: Vec<_> = log.lines().filter(|line| line.contains(words)).collect();
        (lines.len() >= count).then(|| lines[count - 1].to_owned())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn new_rates_hold_at_once_and_wrong_settings_change_nothing() {
    let read = "the settings were read again; at_restart";
    let server = Server::start_with(&[], "[limits]\nposts_per_second = 1\nposts_burst = 3\n");
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    assert!((3..=5).contains(&burst(&mut ana, "a", 20).await));
    server.configure("[limits]\nposts_per_second = 100000\nposts_burst = 400\n[rooms]\nring_events = 64\n");
    server.hang_up();
    let line = logged(&server, read, 1).await;
    assert!(line.contains("limits.posts_burst = 400, limits.posts_per_second = 100000"), "{line}");
    assert!(line.contains("at_restart=\"rooms.ring_events\""), "{line}");
    assert_eq!(burst(&mut ana, "b", 100).await, 100, "by the new rates");
    let (_ben, welcome) = Peer::register(server.address(), "ben", Subscription::None).await;
    assert_eq!(welcome.limits.posts_burst, Some(400));

    server.configure("[limits]\nposts_burst = \"many\"\n");
    server.hang_up();
    let line = logged(&server, "are wrong; the former ones stay in force", 1).await;
    assert!(line.contains("ERROR"), "{line}");
    assert_eq!(burst(&mut ana, "c", 100).await, 100, "by the former rates");

    assert!(!server.log().contains("DEBUG"), "{}", server.log());
    server.configure("[log]\nlevel = \"debug\"\n[limits]\nposts_per_second = 100000\nposts_burst = 400\n");
    server.hang_up();
    let line = logged(&server, read, 2).await;
    assert!(line.contains("log.level = "), "{line}");
    let (mut cy, _) = Peer::register(server.address(), "cy", Subscription::None).await;
    // Every request but a post is logged when it is served.
    cy.call(&Ping {}).await;
    logged(&server, "DEBUG", 1).await;
}

#[test]
fn a_signal_during_the_start_does_not_end_the_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = folder.path().join("server.toml");
    let mode = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &settings, FileType::Fifo, mode, 0).expect("a pipe with a name");
    let mut command = Command::new(program::path("chat-server"));
    command.args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("data")).arg("--config").arg(&settings);
    let mut server = Running(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts"));
    // Opens as soon as the server waits for its settings.
    let mut pipe = std::fs::File::options().write(true).open(&settings).expect("opened");
    server.signal(Signal::HUP);
    pipe.write_all(b"[limits]\nenabled = false\n").expect("written");
    drop(pipe);
    let mut line = String::new();
    BufReader::new(server.0.stdout.take().expect("piped")).read_line(&mut line).expect("readable");
    assert!(line.contains("ws://"), "it went on: {line:?}");
}
