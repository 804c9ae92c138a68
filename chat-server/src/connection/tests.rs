//! The requests' table against the rooms' decisions. Must not know how a request is served.

use std::sync::Arc;

use chat_proto::client_frame::{Auth, ClientFrame, ClientInfo, Hello, Subscription};
use chat_proto::codec;
use chat_proto::ids::Run;
use chat_proto::limits::PROTOCOL_VERSION;
use chat_proto::request::Request;
use chat_proto::time::UnixMillis;

use super::{Arrival, Connection, Refusal, Row, call, sign_in};
use crate::access::{Origin, ServerRole};
use crate::live::{MemoryCaps, MemoryLive, NodeId};
use crate::room::decided;
use crate::send_queue::SendQueue;
use crate::server::{Cost, Registration, Server, ServerConfig, Stores};
use crate::store::sqlite::SqliteStore;
use crate::tasks::Tasks;

/// One frame of each request but the posts, in an order in which each can be served. `R2` is the room that is made here,
/// and `2` its first message.
const OTHERS: [&str; 30] = [
    r#""type":"own_status""#,
    r#""type":"edit","room":"R2","seq":2,"body":"bye""#,
    r#""type":"versions","room":"R2","seq":2"#,
    r#""type":"delete","room":"R2","seq":2"#,
    r#""type":"history","room":"R2","limit":10"#,
    r#""type":"changes","room":"R2","after":{"seq":0,"persistent":0},"limit":10"#,
    r#""type":"read","room":"R2""#,
    r#""type":"create_room","kind":"public","name":"more""#,
    r#""type":"join","room":"R2""#,
    r#""type":"list_rooms","limit":10"#,
    r#""type":"room_info","room":"R2""#,
    r#""type":"set_topic","room":"R2","topic":"ships""#,
    r#""type":"set_description","room":"R2","description":"ships""#,
    r#""type":"members","room":"R2","limit":10"#,
    r#""type":"set_rsvp","room":"R2","answer":"attending""#,
    r#""type":"users","ids":["U1"]"#,
    r#""type":"resolve","rooms":["builds"],"users":[]"#,
    r#""type":"subscribe","rooms":["R2"]"#,
    r#""type":"set_typing","room":"R2","is_typing":true"#,
    r#""type":"unsubscribe","rooms":["R2"]"#,
    r#""type":"set_activity","is_active":true"#,
    r#""type":"set_status","availability":"auto""#,
    r#""type":"who","room":"R2""#,
    r#""type":"trending","room":"R2","limit":10"#,
    r#""type":"account""#,
    r#""type":"account_changes","after":0"#,
    r#""type":"leave","room":"R2""#,
    r#""type":"ping""#,
    r#""type":"set_password","old":"correct horse","new":"battery staple""#,
    r#""type":"logout""#,
];

const HERE: Origin = Origin { uid: None, is_loopback: true, address: None };

fn clock() -> UnixMillis {
    UnixMillis(1_763_560_927_120)
}

fn request(fields: &str) -> Request {
    let frame = format!("{{\"id\":1,{fields}}}");
    match codec::decode_client(&frame) {
        Ok(ClientFrame::Request { request, .. }) => request,
        other => panic!("{frame}: {other:?}"),
    }
}

async fn connection(folder: &tempfile::TempDir) -> (Arc<Server>, Connection) {
    let config = ServerConfig { registration: Registration::Open, ..ServerConfig::default() };
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
    let (server, _) = Server::new(config, stores);
    let auth =
        Auth::Register { name: "ana".parse().expect("a name"), password: "correct horse".to_owned(), code: None };
    let client = ClientInfo { name: "test".into(), version: "1".into() };
    let subscribe = Subscription::Rooms(Vec::new());
    let hello = Hello { version: PROTOCOL_VERSION, client, auth, subscribe, presence: false, resume: None };
    let arrival = Arrival { origin: HERE, id: server.next_connection(), send_queue: SendQueue::default() };
    let (connection, _) = Connection::open(&server, &arrival, hello).await.expect("registered");
    (server, connection)
}

#[tokio::test]
async fn a_revoked_sign_in_and_a_changed_role_reach_a_caller_without_a_connection() {
    let folder = tempfile::tempdir().expect("a folder");
    let (server, connection) = connection(&folder).await;
    let server = &server;
    let sign_in = async || {
        let auth = Auth::Password { name: "ana".parse().expect("a name"), password: "correct horse".to_owned() };
        let signed_in = sign_in(server, HERE, auth).await.unwrap_or_else(|refusal| panic!("{refusal:?}"));
        signed_in.caller(server, HERE).await.expect("not revoked")
    };
    let (revoked, other) = (sign_in().await, sign_in().await);
    let ping = async |caller| call(server, caller, request(r#""type":"ping""#)).await;
    call(server, &revoked, request(r#""type":"logout""#)).await.expect("signed out");
    assert!(matches!(ping(&revoked).await, Err(Refusal::SignedOut)));
    assert!(ping(&other).await.is_ok() && ping(connection.caller()).await.is_ok(), "only that sign-in");
    server.connections.standing(other.user()).set_role(ServerRole::Anonymous);
    assert!(matches!(ping(&other).await, Err(Refusal::SignedOut)));
    assert!(matches!(ping(connection.caller()).await, Err(Refusal::SignedOut)));
}

/// The rooms run on this thread, where they note the actions they decide.
#[tokio::test]
async fn a_room_decides_the_action_of_the_requests_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_, connection) = connection(&folder).await;
    connection.call(request(r#""type":"create_room","kind":"public","name":"builds""#)).await.expect("made");
    let posts = [
        r#""type":"post","room":"R2","key":"k1","body":"hello""#,
        r#""type":"post","room":"R2","key":"k2","body":"hello","reply_to":2"#,
    ];
    let mut tags = Vec::new();
    for request in posts.into_iter().chain(OTHERS).map(request) {
        let (row, tag) = (Row::of(&request), request.type_tag());
        decided::take();
        connection.call(request).await.unwrap_or_else(|refusal| panic!("{tag}: {refusal:?}"));
        assert_eq!(decided::take().first().copied(), row.room, "{tag}");
        assert!(row.writes || row.cost == Cost::Free, "{tag} costs nothing if it only reads");
        tags.push(tag);
    }
    for tag in Request::TYPES {
        assert!(tags.contains(tag), "{tag} is not tried");
    }
}
