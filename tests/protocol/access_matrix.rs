//! Every request × role × kind of room against the table below. A request without a row fails the test.

use std::collections::BTreeSet;

use chat_proto::client_frame::{Resume, RoomCursor, Subscription};
use chat_proto::cursor::Cursor;
use chat_proto::error::ErrorCode;
use chat_proto::ids::{AccountSeq, RoomId, Seq, UserId};
use chat_proto::presence::ChosenAvailability;
use chat_proto::request::{
    Account, AccountChanges, Changes, CreateRoom, Delete, Edit, History, Join, Leave, ListRooms, Logout, Members,
    OwnStatus, Ping, Post, Read, Request, Resolve, RoomInfo, SetActivity, SetDescription, SetPassword, SetRsvp,
    SetStatus, SetTopic, SetTyping, Subscribe, Trending, Unsubscribe, Users, Versions, Who,
};
use chat_proto::room::{Role, RoomKind, Rsvp};
use chat_proto::server_frame::ServerFrame;
use chat_proto::text::RoomName;
use chat_tests::peer::{GENERAL, Peer, post, public_room};
use chat_tests::server::Server;

use Expected::{AsAbsent, Done, NotAllowed, NotMember};

/// How a request ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// It succeeds, and the answer shows that the room exists.
    Done,
    /// The answer is, byte for byte, the one for a room that does not exist.
    AsAbsent,
    /// `not_member`.
    NotMember,
    /// `not_allowed`.
    NotAllowed,
}

/// The room a request acts on, and the caller's view of it.
#[derive(Clone)]
struct Target {
    room: RoomId,
    name: RoomName,
    /// A message of the caller; for outsiders another member's.
    own: Seq,
    /// A message of another member.
    others: Seq,
    /// Not used for anything else.
    unique: String,
}

/// One request, in one way it can be made.
struct Row {
    /// Its `type` tag.
    tag: &'static str,
    request: fn(&Target) -> Request,
    expected: In,
}

/// Where a request acts, and how it ends there for each role.
enum In {
    /// In a room: a member of `#general`; outsiders of a public room, of a private or direct one; members, moderators
    /// and owners of any of those three.
    Room([Expected; 6]),
    /// On the server: allowed for every account.
    Server,
}

const fn row(tag: &'static str, expected: In, request: fn(&Target) -> Request) -> Row {
    Row { tag, request, expected }
}

const OPEN: In = In::Room([Done, Done, AsAbsent, Done, Done, Done]);
const MEMBERS: In = In::Room([Done, NotMember, AsAbsent, Done, Done, Done]);
const AUTHOR: In = In::Room([NotAllowed, NotMember, AsAbsent, NotAllowed, NotAllowed, NotAllowed]);
const LEAVING: In = In::Room([NotAllowed, Done, AsAbsent, Done, Done, Done]);
const SILENT: In = In::Room([AsAbsent; 6]);

/// The table. Rows run from top to bottom: requests that change memberships or end a connection come last.
const ROWS: &[Row] = &[
    row("post", MEMBERS, |t| Post { room: t.room, ..post(&t.unique, "hello") }.into()),
    row("post", MEMBERS, |t| Post { room: t.room, reply_to: Some(t.others), ..post(&t.unique, "an answer") }.into()),
    row("edit", MEMBERS, |t| Edit { room: t.room, seq: t.own, body: t.unique.parse().expect("a body") }.into()),
    row("edit", AUTHOR, |t| Edit { room: t.room, seq: t.others, body: "mine now".parse().expect("a body") }.into()),
    row("delete", AUTHOR, |t| Delete { room: t.room, seq: t.others }.into()),
    row("history", OPEN, |t| History { room: t.room, before: None, limit: 10 }.into()),
    row("changes", OPEN, |t| Changes { room: t.room, after: Cursor::START, limit: 10 }.into()),
    row("versions", OPEN, |t| Versions { room: t.room, seq: t.others }.into()),
    row("read", MEMBERS, |t| Read { room: t.room, seq: None, rewind: false }.into()),
    row("room_info", OPEN, |t| RoomInfo { room: t.room }.into()),
    row("set_topic", MEMBERS, |t| SetTopic { room: t.room, topic: Some(t.unique.parse().expect("a topic")) }.into()),
    row("set_description", MEMBERS, |t| SetDescription { room: t.room, description: None }.into()),
    row("members", OPEN, |t| Members { room: t.room, after: None, limit: 10 }.into()),
    row("set_rsvp", MEMBERS, |t| SetRsvp { room: t.room, answer: Rsvp::None }.into()),
    row("set_rsvp", MEMBERS, |t| SetRsvp { room: t.room, answer: Rsvp::Attending }.into()),
    row("subscribe", OPEN, |t| Subscribe { rooms: vec![t.room] }.into()),
    row("unsubscribe", SILENT, |t| Unsubscribe { rooms: vec![t.room] }.into()),
    row("set_typing", MEMBERS, |t| SetTyping { room: t.room, is_typing: true }.into()),
    row("who", OPEN, |t| Who { room: Some(t.room) }.into()),
    row("trending", MEMBERS, |t| Trending { room: t.room, limit: 10 }.into()),
    row("resolve", OPEN, |t| Resolve { rooms: vec![t.name.clone()], users: Vec::new() }.into()),
    row("list_rooms", OPEN, |_| ListRooms { after: None, limit: 200 }.into()),
    row("delete", MEMBERS, |t| Delete { room: t.room, seq: t.own }.into()),
    row("leave", LEAVING, |t| Leave { room: t.room }.into()),
    row("join", OPEN, |t| Join { room: t.room }.into()),
    row("who", In::Server, |_| Who { room: None }.into()),
    row("create_room", In::Server, |t| public_room(&t.unique).into()),
    row("users", In::Server, |_| Users { ids: vec![UserId(1)] }.into()),
    row("set_activity", In::Server, |_| SetActivity { is_active: true }.into()),
    row("set_status", In::Server, |_| SetStatus { availability: ChosenAvailability::Auto, status: None }.into()),
    row("own_status", In::Server, |_| OwnStatus {}.into()),
    row("account", In::Server, |_| Account {}.into()),
    row("account_changes", In::Server, |_| AccountChanges { after: AccountSeq(0) }.into()),
    row("set_password", In::Server, |_| {
        SetPassword { old: Some("correct horse".into()), new: "correct horse".into() }.into()
    }),
    row("ping", In::Server, |_| Ping {}.into()),
    row("logout", In::Server, |_| Logout {}.into()),
];

/// A room that does not exist.
const ABSENT: RoomId = RoomId(999_999);

/// The accounts' roles, by the column of [`In::Room`] for a public and for a hidden room.
const ROLES: [(&str, usize, usize); 1 + Role::ALL.len()] =
    [("outsider", 1, 2), ("member", 3, 3), ("moderator", 4, 4), ("owner", 5, 5)];
const OUTSIDER: usize = 0;
const OWNER: usize = 3;

/// A room with a message of each of its members.
struct TestRoom {
    kind: RoomKind,
    room: RoomId,
    name: RoomName,
    /// By the index of [`ROLES`].
    messages: [Seq; ROLES.len()],
}

/// Four accounts, each with its connection, and rooms of each kind in which they have their roles.
struct World {
    server: Server,
    peers: Vec<Peer>,
    signed_out: Peer,
    tokens: Vec<String>,
    test_rooms: Vec<TestRoom>,
    /// Rooms of the same kinds, for the `leave` rows.
    left: Vec<TestRoom>,
    unique: u32,
}

impl World {
    /// No request adds members to a private room or creates a direct one yet, so the database is edited.
    async fn new() -> Self {
        let mut server = Server::start();
        let mut tokens = Vec::new();
        let mut users = Vec::new();
        let mut test_rooms = Vec::new();
        for (role, ..) in ROLES {
            let (mut peer, welcome) = Peer::register(server.address(), role, Subscription::None).await;
            users.push(welcome.user.id);
            tokens.push(welcome.token.expect("a token"));
            if role == "owner" {
                for kind in [RoomKind::Public, RoomKind::Private, RoomKind::Direct] {
                    for use_ in ["used", "left"] {
                        test_rooms.push(Self::make(&mut peer, kind, use_).await);
                    }
                }
            }
        }
        server.edit_database(|database| {
            for test_room in &test_rooms {
                let add = "INSERT INTO member (room, account, role, joined_at) VALUES (?1, ?2, ?3, 0)";
                for role in [1, 2] {
                    database
                        .execute(add, (sql(test_room.room.0), sql(users[role].0), sql(role as u64 - 1)))
                        .expect("added");
                }
                let count = "UPDATE room SET members = 3 WHERE id = ?1";
                database.execute(count, [sql(test_room.room.0)]).expect("counted");
                if test_room.kind == RoomKind::Direct {
                    let nameless = "UPDATE room SET kind = 2, name = NULL, skeleton = NULL, people = ?1 WHERE id = ?1";
                    database.execute(nameless, [sql(test_room.room.0)]).expect("made direct");
                }
            }
        });
        let mut peers = Vec::new();
        for token in &tokens {
            peers.push(Peer::with_token(server.address(), token, Subscription::None, None).await.0);
        }
        for test_room in &mut test_rooms {
            for (at, peer) in peers.iter_mut().enumerate().skip(1) {
                let first = Post { room: test_room.room, ..post(&format!("{}-{at}", test_room.room), "first") };
                test_room.messages[at] = peer.call(&first).await.seq;
            }
            test_room.messages[OUTSIDER] = test_room.messages[1];
        }
        let (left, test_rooms) =
            test_rooms.into_iter().partition(|test_room| test_room.name.as_str().starts_with("left"));
        let signed_out = Peer::connect(server.address()).await;
        Self { server, peers, signed_out, tokens, test_rooms, left, unique: 0 }
    }

    async fn make(owner: &mut Peer, kind: RoomKind, use_: &str) -> TestRoom {
        let name = format!("{use_}-{kind:?}").to_lowercase();
        let made_as = if kind == RoomKind::Direct { RoomKind::Private } else { kind };
        let made = CreateRoom { kind: made_as, closes_when_empty: false, ..public_room(&name) };
        let room = owner.call(&made).await.room.id;
        TestRoom { kind, room, name: name.parse().expect("a name"), messages: [Seq::ZERO; ROLES.len()] }
    }

    fn unique(&mut self) -> String {
        self.unique += 1;
        format!("u{}", self.unique)
    }

    /// Returns how a request on this room ends, compared with one on a room that does not exist.
    async fn ends(&mut self, row: &Row, role: usize, target: &Target) -> Expected {
        let peer = &mut self.peers[role];
        let answer = peer.ask_text(&(row.request)(target)).await;
        if row.tag == "list_rooms" {
            return if answer.contains(&format!("\"{}\"", target.room)) { Done } else { AsAbsent };
        }
        let absent = Target { room: ABSENT, name: "nobody-made-it".parse().expect("a name"), ..target.clone() };
        let as_absent = peer.ask_text(&(row.request)(&absent)).await;
        let code = |code: ErrorCode| answer.contains(&format!("\"code\":{}", chat_proto::codec::to_text(&code)));
        match answer.contains("\"type\":\"ok\"") {
            _ if answer == as_absent => AsAbsent,
            true => Done,
            false if code(ErrorCode::NotMember) => NotMember,
            false if code(ErrorCode::NotAllowed) => NotAllowed,
            false => panic!("{} as {}: {answer}", row.tag, ROLES[role].0),
        }
    }
}

/// A number as a column holds it.
fn sql(number: u64) -> i64 {
    number.cast_signed()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_matches_the_table_for_every_role_and_kind_of_room() {
    let known: BTreeSet<_> = Request::TYPES.iter().copied().collect();
    let tried: BTreeSet<_> = ROWS.iter().map(|row| row.tag).collect();
    assert_eq!(tried, known, "each request has a row, and each row has a request");

    let mut world = World::new().await;
    let mut wrong = Vec::new();
    for row in ROWS {
        let In::Room(expected) = row.expected else { continue };
        let test_rooms = std::mem::take(if row.tag == "leave" { &mut world.left } else { &mut world.test_rooms });
        for test_room in &test_rooms {
            for (role, (name, of_public, of_hidden)) in ROLES.iter().enumerate() {
                let is_public = test_room.kind == RoomKind::Public;
                // A direct message cannot be found by name.
                let is_nameless = test_room.kind == RoomKind::Direct && matches!(row.tag, "resolve" | "list_rooms");
                let expected = match expected[if is_public { *of_public } else { *of_hidden }] {
                    _ if is_nameless => AsAbsent,
                    expected => expected,
                };
                let others = test_room.messages[if role == OWNER { 1 } else { OWNER }];
                let (name_of_room, unique) = (test_room.name.clone(), world.unique());
                let target =
                    Target { room: test_room.room, name: name_of_room, own: test_room.messages[role], others, unique };
                let ends = world.ends(row, role, &target).await;
                if ends != expected {
                    wrong.push(format!("{} by {name} in {:?}: {ends:?}, not {expected:?}", row.tag, test_room.kind));
                }
            }
        }
        *(if row.tag == "leave" { &mut world.left } else { &mut world.test_rooms }) = test_rooms;
    }
    assert_eq!(wrong, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_matches_the_table_in_general() {
    let mut world = World::new().await;
    let own = world.peers[OUTSIDER].post("own", "mine").await.seq;
    let others = world.peers[OWNER].post("others", "not mine").await.seq;
    for row in ROWS {
        let In::Room([expected, ..]) = row.expected else { continue };
        let name = "general".parse().expect("a name");
        let target = Target { room: GENERAL, name, own, others, unique: world.unique() };
        assert_eq!(world.ends(row, OUTSIDER, &target).await, expected, "{}", row.tag);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_out_client_gets_only_a_sign_in_error() {
    let mut world = World::new().await;
    for row in ROWS {
        let test_room = &world.test_rooms[0];
        let target = Target {
            room: test_room.room,
            name: test_room.name.clone(),
            own: test_room.messages[1],
            others: test_room.messages[2],
            unique: "u".into(),
        };
        let absent = Target { room: ABSENT, name: "nobody-made-it".parse().expect("a name"), ..target.clone() };
        let answer = world.signed_out.ask_text(&(row.request)(&target)).await;
        assert!(answer.contains("\"auth_required\""), "{}: {answer}", row.tag);
        assert_eq!(world.signed_out.ask_text(&(row.request)(&absent)).await, answer, "{}", row.tag);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_account_may_use_the_server_and_nobody_creates_a_direct_room_by_name() {
    let mut world = World::new().await;
    for (role, (name, ..)) in ROLES.iter().enumerate() {
        let direct = CreateRoom { kind: RoomKind::Direct, ..public_room("pair") };
        assert_eq!(world.peers[role].refused(&direct).await, ErrorCode::BadRequest);
        for row in ROWS.iter().filter(|row| matches!(row.expected, In::Server)) {
            let room_name = "general".parse().expect("a name");
            let target = Target { room: GENERAL, name: room_name, own: Seq(1), others: Seq(1), unique: world.unique() };
            let answer = world.peers[role].ask_text(&(row.request)(&target)).await;
            assert!(answer.contains("\"type\":\"ok\""), "{} by {name}: {answer}", row.tag);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hello_subscribes_to_and_resumes_only_visible_rooms() {
    let mut world = World::new().await;
    let rooms: Vec<RoomId> = world.test_rooms.iter().map(|test_room| test_room.room).chain([ABSENT]).collect();
    let epoch = {
        let token = &world.tokens[OWNER];
        Peer::with_token(world.server.address(), token, Subscription::None, None).await.1.epoch
    };
    for (role, sees) in [(OUTSIDER, 1), (OWNER, 3)] {
        let cursors = rooms.iter().map(|room| RoomCursor { room: *room, after: Cursor::START }).collect();
        let resume = Resume { epoch: epoch.clone(), account: AccountSeq(0), rooms: cursors };
        let subscribe = Subscription::Rooms(rooms.clone());
        let (mut peer, welcome) =
            Peer::with_token(world.server.address(), &world.tokens[role], subscribe, Some(resume)).await;
        assert_eq!(welcome.resumed.iter().map(|resumed| resumed.room).collect::<Vec<_>>(), rooms[..sees]);
        for test_room in &world.test_rooms {
            let posted =
                Post { room: test_room.room, ..post(&format!("{role}-{}", test_room.room), "who receives it?") };
            world.peers[OWNER].call(&posted).await;
        }
        peer.call(&Ping {}).await;
        let heard = peer.pushed.iter().filter_map(|frame| match frame {
            ServerFrame::Event(event) => Some(event.room),
            _ => None,
        });
        assert_eq!(heard.collect::<Vec<_>>(), rooms[..sees]);
    }
}
