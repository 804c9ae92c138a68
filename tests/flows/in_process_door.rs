//! A second transport, in process, without sockets and JSON: it signs in, calls, posts and receives typed events.
//! Nothing above the transport needs a WebSocket.

use std::collections::VecDeque;
use std::sync::Arc;

use chat_proto::client_frame::{Auth, ClientInfo, Hello, Subscription};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{RoomId, Run, Seq};
use chat_proto::limits::{Limits, PROTOCOL_VERSION};
use chat_proto::message::{Content, Item};
use chat_proto::request::{Answer, Call, Chain, Join, Ping, Post, Request, SetTyping, Subscribe};
use chat_proto::server_frame::{AccountChange, Update, Welcome};
use chat_proto::time::UnixMillis;
use chat_server::access::{Caller, Origin, Scope, Scopes, ServerRole, Standing};
use chat_server::connection::{Arrival, Connection, Refusal, call, sign_in};
use chat_server::live::{MemoryCaps, MemoryLive, NodeId};
use chat_server::push::PushEvent;
use chat_server::send_queue::{Frame, SendQueue};
use chat_server::server::{Registration, Server, ServerConfig, Stores};
use chat_server::store::sqlite::SqliteStore;
use chat_server::tasks::Tasks;
use chat_tests::peer::{post, public_room};
use chat_tests::wait::LIMIT;
use tokio::time::timeout;

/// This machine, without a socket.
const HERE: Origin = Origin { uid: None, is_loopback: true, address: None };

fn clock() -> UnixMillis {
    UnixMillis(1_763_560_927_120)
}

/// Returns a server on real stores, in this process.
fn server(folder: &tempfile::TempDir) -> Arc<Server> {
    let limits = Limits { connections_max: Some(9), ..Limits::default() };
    let config = ServerConfig { registration: Registration::Open, limits, ..ServerConfig::default() };
    let store = SqliteStore::open(folder.path(), "e1", Run(1), clock()).expect("a new database");
    let live = MemoryLive::new(MemoryCaps::default());
    let stores = Stores {
        store: Arc::new(store),
        live: Arc::new(live),
        node: NodeId(1),
        clock,
        clock_ahead_ms: || 0,
        tasks: Tasks::default(),
    };
    let (server, drivers) = Server::new(config, stores);
    tokio::spawn(drivers.presence.run(std::future::pending()));
    server
}

/// The in-process transport: it passes values on unchanged.
struct Door {
    connection: Connection,
    queue: SendQueue,
    frames: VecDeque<Frame>,
}

impl Door {
    async fn open(server: &Arc<Server>, arrival: &Arrival, hello: Hello) -> Result<(Self, Welcome), Refusal> {
        let (connection, welcome) = Connection::open(server, arrival, hello).await?;
        Ok((Self { connection, queue: arrival.send_queue.clone(), frames: VecDeque::new() }, welcome))
    }

    async fn register(server: &Arc<Server>, name: &str) -> (Self, Welcome) {
        let password = "correct horse".to_owned();
        let auth = Auth::Register { name: name.parse().expect("a name"), password, code: None };
        Self::open(server, &arrival(server), hello(auth)).await.expect("registered")
    }

    async fn call(&self, request: impl Into<Request>) -> Answer {
        self.connection.call(request.into()).await.expect("answered")
    }

    /// Returns the value of `wanted` for the next event that has one, and skips the others.
    async fn event<T>(&mut self, what: &str, wanted: impl Fn(&PushEvent) -> Option<T>) -> T {
        let looking = async {
            loop {
                match self.frames.pop_front() {
                    Some(Frame::Push(push)) => {
                        if let Some(found) = wanted(push.event()) {
                            return found;
                        }
                    }
                    Some(Frame::Answer(bytes)) => panic!("nothing here encodes: {bytes:?}"),
                    None => {
                        self.queue.ready().await;
                        self.queue.take(&mut self.frames, usize::MAX);
                    }
                }
            }
        };
        timeout(LIMIT, looking).await.unwrap_or_else(|_| panic!("{what} did not come"))
    }

    async fn body(&mut self) -> (Seq, String) {
        self.event("a message", |event| match event {
            PushEvent::Event(event) => match &event.update {
                Update::Item(Item { content: Content::Message(message), .. }) => {
                    Some((event.seq, message.body.as_str().to_owned()))
                }
                _ => None,
            },
            _ => None,
        })
        .await
    }
}

fn arrival(server: &Server) -> Arrival {
    Arrival { origin: HERE, id: server.next_connection(), send_queue: SendQueue::default() }
}

fn hello(auth: Auth) -> Hello {
    let client = ClientInfo { name: "in-process".into(), version: "1".into() };
    Hello { version: PROTOCOL_VERSION, client, auth, subscribe: Subscription::All, presence: true, resume: None }
}

fn code(refusal: Refusal) -> ErrorCode {
    ErrorBody::from(refusal).code
}

#[tokio::test]
async fn an_in_process_client_signs_in_calls_posts_and_receives_events() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(&folder);
    let (mut ana, welcome) = Door::register(&server, "ana").await;
    let token = welcome.token.expect("shown once");
    let (mut phone, _) = Door::open(&server, &arrival(&server), hello(Auth::Token { token })).await.expect("her phone");
    let (mut ben, ben_is) = Door::register(&server, "ben").await;
    let Answer::CreateRoom(made) = ana.call(public_room("builds")).await else { panic!("the paired answer") };
    let room = made.room.id;
    let Answer::Join(joined) = ben.call(Join { room }).await else { panic!("the paired answer") };
    assert_eq!(joined.room.members, 2);
    ana.event("his presence", |event| match event {
        PushEvent::Presence(person) => (person.user == ben_is.user.id).then_some(()),
        _ => None,
    })
    .await;

    // Her phone follows the room that she created here, and the connection learns of it without asking.
    assert!(phone.queue.subscriptions().contains(&room));
    phone
        .event("the new room", |event| match event {
            PushEvent::Account(event) => matches!(event.change, AccountChange::Joined { .. }).then_some(()),
            _ => None,
        })
        .await;
    ben.call(SetTyping { room, is_typing: true }).await;
    ana.event("his typing", |event| match event {
        PushEvent::Typing(typing) => (typing.user == ben_is.user.id).then_some(()),
        _ => None,
    })
    .await;

    // Posts are in flight together, and keep the order in which they were sent.
    let mut answers = Vec::new();
    for number in 1..=3 {
        let chain = Some(if number == 1 { Chain::Restart } else { Chain::Continue });
        let text = format!("post {number}");
        answers.push(ben.connection.begin_post(Post { room, chain, ..post(&text.replace(' ', "-"), &text) }).await);
    }
    let mut seqs = Vec::new();
    for answer in answers {
        seqs.push(answer.await.expect("acknowledged").seq);
    }
    for door in [&mut ana, &mut phone, &mut ben] {
        for (seq, text) in seqs.iter().zip(["post 1", "post 2", "post 3"]) {
            assert_eq!(door.body().await, (*seq, text.to_owned()));
        }
    }

    for door in [ana, phone, ben] {
        door.connection.close().await;
    }
    assert_eq!((server.connections.count(), server.connections.figures().accounts), (0, 0));
}

#[tokio::test]
async fn a_refused_hello_leaves_no_state_and_another_may_follow() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(&folder);
    let (ana, welcome) = Door::register(&server, "ana").await;
    let token = || Auth::Token { token: welcome.token.clone().expect("shown once") };
    let arrival = arrival(&server);
    let too_many = Hello { subscribe: Subscription::Rooms(vec![RoomId(1); 300]), ..hello(token()) };
    let wrong = hello(Auth::Token { token: "wrong".into() });
    for (refused, expected) in [(too_many, ErrorCode::BadRequest), (wrong, ErrorCode::AuthFailed)] {
        assert_eq!(Connection::open(&server, &arrival, refused).await.err().map(code), Some(expected));
        assert_eq!((server.connections.count(), arrival.send_queue.subscriptions()), (1, Vec::new()));
    }
    let (mut later, _) = Door::open(&server, &arrival, hello(token())).await.expect("the same connection");
    ana.call(post("key-1", "hello")).await;
    assert_eq!(later.body().await.1, "hello");
}

#[tokio::test]
async fn parallel_hellos_do_not_pass_the_connection_limit_and_the_refused_leave_no_sign_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(&folder);
    let (_first, welcome) = Door::register(&server, "ana").await;
    let token = || Auth::Token { token: welcome.token.clone().expect("shown once") };
    let opening = (0..20).map(async |_| Door::open(&server, &arrival(&server), hello(token())).await);
    let opened = futures_util::future::join_all(opening).await;
    let (welcomed, refused): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!((welcomed.len(), server.connections.count()), (8, 9), "nine connections are allowed");
    for refusal in refused.into_iter().filter_map(Result::err) {
        assert_eq!(code(refusal), ErrorCode::TooMany);
    }
    let password = Auth::Password { name: "ana".parse().expect("a name"), password: "correct horse".into() };
    let refused = Door::open(&server, &arrival(&server), hello(password)).await.err().map(code);
    assert_eq!(refused, Some(ErrorCode::TooMany));
    let database = rusqlite::Connection::open(folder.path().join("chat.db")).expect("it opens");
    let sign_ins: i64 = database.query_row("SELECT count(*) FROM session", [], |row| row.get(0)).expect("counted");
    assert_eq!(sign_ins, 1, "the first one: nobody was told another's token");
}

#[tokio::test]
async fn a_caller_without_a_connection_can_ask_but_not_listen_and_a_credential_is_limited_to_its_scopes() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = server(&folder);
    let (ana, welcome) = Door::register(&server, "ana").await;
    let credential = ana.connection.caller().credential();
    let caller = |scopes| {
        let standing = Arc::new(Standing::new(ServerRole::Account));
        Caller::new(welcome.user.id, HERE, credential, scopes, standing)
    };
    let asks = caller(Scopes::ALL);
    assert!(matches!(call(&server, &asks, post("key-1", "hello").into()).await, Ok(Answer::Post(_))));
    let again = Auth::Token { token: welcome.token.expect("shown once") };
    let signed_in = sign_in(&server, HERE, again).await.unwrap_or_else(|refusal| panic!("{refusal:?}"));
    let asks = signed_in.caller(&server, HERE).await.expect("for one call");
    assert!(matches!(call(&server, &asks, Ping {}.into()).await, Ok(Answer::Ping(_))));
    let subscribe = Subscribe { rooms: vec![RoomId(1)] };
    assert!(matches!(call(&server, &asks, subscribe.into()).await, Err(Refusal::NoConnection)));

    let reads = caller(Scopes::of(&[Scope::Read]));
    assert!(matches!(call(&server, &reads, Ping {}.into()).await, Ok(Answer::Ping(_))), "{}", Ping::TYPE);
    let posted = call(&server, &reads, post("key-2", "hello").into()).await;
    assert!(matches!(posted, Err(Refusal::OutOfScope(Scope::Post))), "{posted:?}");
    assert_eq!(posted.map_err(code), Err(ErrorCode::NotAllowed));
}
