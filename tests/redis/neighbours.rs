//! Redis is shared: the server leaves other programs' connections and keys alone.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use chat_proto::client_frame::Subscription;
use chat_tests::detour::Detour;
use chat_tests::peer::Peer;
use chat_tests::redis::Redis;

use super::lives::{ephemeral, put, server_at};

/// Another program's connection.
struct Neighbour(BufReader<UnixStream>);

impl Neighbour {
    fn new(redis: &Redis) -> Self {
        Self(BufReader::new(UnixStream::connect(redis.socket()).expect("it listens")))
    }

    /// Sends a command and returns the first line of the reply; empty if the connection was closed.
    fn ask(&mut self, question: &str) -> String {
        let mut line = String::new();
        // A closed connection has no reply.
        let _ = self.0.get_mut().write_all(format!("{question}\r\n").as_bytes());
        let _ = self.0.read_line(&mut line);
        line.trim().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_an_earlier_run_of_redis_is_not_closed_in_the_next() {
    let mut redis = Redis::start();
    let detour = Detour::to(redis.socket());
    // Redis numbers its connections from 1: the server's number is one of the first.
    let _others: Vec<Neighbour> = (0..20).map(|_| Neighbour::new(&redis)).collect();
    let server = server_at(&detour.url());
    let (mut ana, _) = Peer::register(server.address(), "ana", Subscription::None).await;
    put(&mut ana, &ephemeral("before", "before", 600_000)).await;
    redis.kill();
    detour.delay(Duration::from_secs(1));
    redis.restart();
    let mut neighbours: Vec<Neighbour> = (0..60).map(|_| Neighbour::new(&redis)).collect();
    for neighbour in &mut neighbours {
        assert_eq!(neighbour.ask("PING"), "+PONG");
    }
    detour.delay(Duration::ZERO);
    ana.until_taken("the return of the service", &ephemeral("after", "after", 600_000)).await;
    for neighbour in &mut neighbours {
        assert_eq!(neighbour.ask("PING"), "+PONG", "another program's connection was closed");
    }
}
