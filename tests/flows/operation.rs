//! Operating a server: its files, its settings, its shutdown, and hostile clients.

use std::process::{Command, Output};
use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_proto::request::{Ping, Who};
use chat_tests::peer::{GENERAL, Peer};
use chat_tests::server::Server;
use chat_tests::{program, wait};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program::path("chat-server"));
    command.args(arguments).envs(variables.iter().copied()).output().expect("it runs")
}

#[test]
fn a_file_that_is_not_a_socket_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.txt");
    std::fs::write(&path, "precious").expect("written");
    let data = folder.path().join("data");
    let output = run(&["--unix", path.to_str().expect("UTF-8"), "--data", data.to_str().expect("UTF-8")], &[]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no socket"), "{output:?}");
    assert_eq!(std::fs::read_to_string(path).expect("it is there"), "precious");
}

#[test]
fn a_faulty_environment_is_reported_before_anything_starts() {
    let variables =
        [("CHAT_SERVER_LIMITS_POSTS_BURST", "many"), ("CHAT_SERVER_AUTH_REGISTRATION", "maybe"), ("HOME", "/nowhere")];
    let output = run(&["--check-config", "--listen", "here", "--unix-group", "nobodys", "--unix", "s"], &variables);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    for part in ["CHAT_SERVER_LIMITS_POSTS_BURST", "auth.registration", "server.listen", "nobodys"] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_full_disk_is_reported_and_a_reader_that_has_gone_is_not() {
    let mut server = Server::start();
    server.terminate();
    let folder = tempfile::tempdir().expect("a folder");
    let (data, backup) = (server.data().display().to_string(), folder.path().join("b").display().to_string());
    let data = data.as_str();
    let commands: [&[&str]; 7] = [
        &["operations"],
        &["man"],
        &["completions", "bash"],
        &["doctor", "--data", data],
        &["prune", "--days", "9", "--data", data],
        &["--check-config", "--data", data],
        &["backup", "--force", &backup, "--data", data],
    ];
    for arguments in commands {
        let mut command = Command::new(program::path("chat-server"));
        command.args(arguments);
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
        let output = command.stdout(full).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.starts_with("chat-server: standard output cannot be written"), "{arguments:?}: {error}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = command.stdout(writer).output().expect("it runs");
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), error.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path().to_str().expect("UTF-8");
    let of = |name: &'static str| (name, "");
    let variables = [
        ("HOME", home),
        of("XDG_DATA_HOME"),
        of("CHAT_SERVER_LISTEN"),
        of("CHAT_SERVER_UNIX"),
        of("CHAT_SERVER_UNIX_MODE"),
        of("CHAT_SERVER_UNIX_GROUP"),
        of("CHAT_SERVER_DATA"),
        of("CHAT_SERVER_CONFIG"),
        of("CHAT_SERVER_METRICS_LISTEN"),
        of("CHAT_SERVER_TRUSTED_PROXIES"),
        of("CHAT_SERVER_HOST_NAMES"),
        of("CHAT_SERVER_LOG_FORMAT"),
        of("CHAT_SERVER_LOG_LEVEL"),
        of("CHAT_SERVER_LOG_PEERS"),
        of("CHAT_SERVER_AUTH_REGISTRATION"),
        of("CHAT_SERVER_LIMITS_ENABLED"),
        of("CHAT_SERVER_LIMITS_POSTS_BURST"),
        of("CHAT_REDIS_URL"),
    ];
    let output = run(&["--check-config"], &variables);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn an_unknown_variable_is_named_and_does_not_stop_the_server() {
    // As an orchestrator sets it for a service of this name.
    let variables = [("CHAT_SERVER_SERVICE_HOST", "10.0.0.1"), ("CHAT_SERVER_LIMITS_POSTS_BURST", "7")];
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let output = run(&["--check-config", "--data", &data], &variables);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "the settings are right\n");
    assert!(text.contains("CHAT_SERVER_SERVICE_HOST: no such variable"), "{text}");
    assert!(!text.contains("CHAT_SERVER_LIMITS_POSTS_BURST: "), "{text}");
    let output = run(&["doctor", "--data", "/nowhere"], &variables);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("warn  settings") && text.contains("CHAT_SERVER_SERVICE_HOST"), "{text}");
}

#[test]
fn the_settings_are_wrong_if_the_data_folder_cannot_be_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let foreign = folder.path().join("foreign");
    std::fs::create_dir(&foreign).expect("a folder");
    std::fs::write(foreign.join("chat.db"), [7; 4096]).expect("written");
    for (data, word) in
        [("/proc/x", "/proc"), (&file.display().to_string(), "no folder"), (&foreign.display().to_string(), "chat.db")]
    {
        let output = run(&["--check-config", "--data", data], &[]);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{data}: {text}");
        assert!(text.contains("server.data: ") && text.contains(word), "{data}: {text}");
    }
    let data = folder.path().join("data").display().to_string();
    assert_eq!(run(&["--check-config", "--data", &data], &[]).status.code(), Some(0));
    assert!(!folder.path().join("data").exists(), "it only looks");
}

#[test]
fn a_server_listens_at_a_name_or_at_a_bare_port() {
    for listen in ["localhost:0", "0", ":0"] {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().display().to_string();
        let output = run(&["--check-config", "--listen", listen, "--data", &data], &[]);
        assert_eq!(output.status.code(), Some(0), "{listen}: {output:?}");
    }
    let server = Server::start_with(&["--listen", "localhost:0"], "");
    let line = server.ready_line();
    assert_eq!(line.matches("ws://127.0.0.1:").count(), 2, "{line}");
}

#[test]
fn variables_and_numbers_from_habit_get_a_hint() {
    let variables = [("REDIS_URL", "redis://127.0.0.1:6379"), ("PORT", "3000")];
    for arguments in [&["--check-config", "--data", "/nowhere"][..], &["doctor", "--data", "/nowhere"]] {
        let output = run(arguments, &variables);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(text.contains("REDIS_URL: this server does not read it; use CHAT_REDIS_URL="), "{text}");
        assert!(text.contains("PORT: this server does not read it; use CHAT_SERVER_LISTEN="), "{text}");
    }
    let output = run(&["--check-config", "--data", "/nowhere"], &[("CHAT_SERVER_LIMITS_PAGE_MAX", "500")]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && text.contains("limits.page_max: 500 is not from 10 to 200"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_seen_time_of_online_members_is_the_shutdown_of_the_server() {
    let mut server = Server::start();
    let (mut ana, welcome) = Peer::appear(server.address(), "ana", Subscription::None).await;
    let before = ana.call(&Ping {}).await.now;
    assert!(server.terminate().success());
    server.restart();
    let token = welcome.token.expect("a token");
    let (mut again, _) = Peer::with_token(server.address(), &token, Subscription::None, None).await;
    let who = again.call(&Who { room: Some(GENERAL) }).await;
    let last_seen = who.people.first().and_then(|seen| seen.presence.last_seen);
    assert!(last_seen.is_some_and(|at| at >= before), "{who:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keep_alive_connection_does_not_delay_the_shutdown() {
    let mut server = Server::start();
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("written");
    let mut answer = [0; 512];
    assert!(stream.read(&mut answer).await.expect("answered") > 0);
    assert!(server.terminate().success());
    assert!(!server.log().contains("did not end in time"), "{}", server.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_only_pings_and_never_reads_is_disconnected() {
    let server = Server::start();
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
    let opening = "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    stream.write_all(opening.as_bytes()).await.expect("written");
    // A masked ping of 125 bytes, many times.
    let mut ping = vec![0x89, 0xfd, 0, 0, 0, 0];
    ping.resize(6 + 125, b'.');
    let pings = ping.repeat(500);
    let give_up = tokio::time::Instant::now() + wait::LIMIT + Duration::from_secs(30);
    // Until the server stops reading, and then until it disconnects.
    loop {
        let sent = tokio::time::timeout(Duration::from_secs(1), stream.write_all(&pings)).await;
        if matches!(sent, Ok(Err(_))) {
            break;
        }
        assert!(tokio::time::Instant::now() < give_up, "it is still connected");
    }
    ana.call(&Ping {}).await;
}

#[test]
fn the_handbook_is_printed_as_it_is_written() {
    let written = include_str!("../../config/operations.md");
    for arguments in [&["help", "operations"][..], &["operations"]] {
        let output = run(arguments, &[]);
        let printed = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert_eq!(printed.trim_end(), written.trim_end());
    }
    let wide = written.lines().filter(|line| line.chars().count() > 79).count();
    assert_eq!(wide, 0, "it fits a terminal");
}
