//! One golden file per frame: the bytes on the wire are a promise to clients in other languages. A change of a file
//! is a change of the protocol. `UPDATE_GOLDEN=1` writes the files anew.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chat_proto::client_frame::{Auth, ClientFrame, ClientInfo, Hello, Resume, RoomCursor, Subscription};
use chat_proto::codec;
use chat_proto::cursor::{Cursor, Parted};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{AccountSeq, ConnectionId, Epoch, RequestId, RoomId, Run, Seq, SessionId, UserId};
use chat_proto::limits::Limits;
use chat_proto::message::{Content, Item, ItemChange, Message, Version};
use chat_proto::presence::{Availability, ChosenAvailability, Presence, UserPresence};
use chat_proto::request::*;
use chat_proto::room::{Member, Membership, ReadMarker, Role, Room, RoomKind, Rsvp, RsvpCounts, Topic, User};
use chat_proto::server_frame::*;
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;
use chat_proto::unread::UnreadEphemeral;

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);
const ROOM: RoomId = RoomId(1);

/// A cursor on the number of an ephemeral message.
const HEAD: Cursor = Cursor { run: Some(Run(0x1f3c_5a2e_9b7d_4c60)), seq: Seq(14), persistent: Seq(13) };

const COUNTS: RsvpCounts = RsvpCounts { attending: 2, interested: 1 };

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a sample is right")
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Compares what is written with the golden files, and the set of files with the set of samples.
fn compare(prefix: &str, samples: &BTreeMap<String, String>) {
    let is_update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (name, wire) in samples {
        let path = folder().join(format!("{prefix}-{name}.json"));
        if is_update {
            std::fs::write(&path, format!("{wire}\n")).expect("the folder is there");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(golden.trim_end(), wire, "{}", path.display());
    }
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let name = entry.expect("readable").file_name().into_string().expect("UTF-8");
        if let Some(name) = name.strip_prefix(&format!("{prefix}-")) {
            let name = name.strip_suffix(".json").expect("only JSON files");
            assert!(samples.contains_key(name), "{prefix}-{name}.json belongs to no sample");
        }
    }
}

fn requests() -> Vec<Request> {
    let room = ROOM;
    let ids = vec![UserId(5), UserId(6)];
    vec![
        Post {
            room,
            key: text("k-1"),
            body: text("ship it, @ben"),
            life: Some(Life::TtlMs(30_000)),
            code: Some(text("rust")),
            reply_to: Some(Seq(3)),
            chain: Some(Chain::Restart),
        }
        .into(),
        Edit { room, seq: Seq(12), body: text("ship it now") }.into(),
        Delete { room, seq: Seq(12) }.into(),
        Versions { room, seq: Seq(12) }.into(),
        History { room, before: Some(Seq(100)), limit: 50 }.into(),
        Changes { room, after: HEAD, limit: 200 }.into(),
        Read { room, seq: Some(Seq(12)), rewind: false }.into(),
        CreateRoom {
            name: text("builds"),
            kind: RoomKind::Public,
            topic: Some(text("what CI says")),
            description: Some(text("Builds, red and green.")),
            default_ttl_ms: Some(3_600_000),
            closes_when_empty: true,
        }
        .into(),
        Join { room }.into(),
        Leave { room }.into(),
        ListRooms { after: Some(text("builds")), limit: 50 }.into(),
        RoomInfo { room }.into(),
        SetTopic { room, topic: Some(text("friday")) }.into(),
        SetDescription { room, description: None }.into(),
        Members { room, after: Some(text("ana")), limit: 50 }.into(),
        SetRsvp { room, answer: Rsvp::Attending }.into(),
        Users { ids }.into(),
        Resolve { rooms: vec![text("ops")], users: vec![text("ana")] }.into(),
        Subscribe { rooms: vec![room] }.into(),
        Unsubscribe { rooms: vec![room] }.into(),
        SetTyping { room, is_typing: true }.into(),
        SetActivity { is_active: false }.into(),
        SetStatus { availability: ChosenAvailability::Away, status: Some(text("lunch")) }.into(),
        Who { room: Some(room) }.into(),
        Trending { room, limit: 10 }.into(),
        Account {}.into(),
        AccountChanges { after: AccountSeq(4) }.into(),
        SetPassword { old: Some("correct horse".into()), new: "battery staple".into() }.into(),
        Logout {}.into(),
        Ping {}.into(),
    ]
}

#[test]
fn every_request_has_its_golden_bytes_and_reads_back_the_same() {
    let mut samples = BTreeMap::new();
    for request in requests() {
        let bytes = codec::encode_request(RequestId(7), &request);
        let wire = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        let back = codec::decode_client(&wire);
        assert_eq!(back, Ok(ClientFrame::Request { id: RequestId(7), request: request.clone() }), "{wire}");
        samples.insert(request.type_tag().to_owned(), wire);
    }
    let mut known = Request::TYPES.to_vec();
    known.sort_unstable();
    assert_eq!(samples.keys().map(String::as_str).collect::<Vec<_>>(), known, "a request without a sample");
    compare("request", &samples);
}

#[test]
fn every_way_to_sign_in_has_its_golden_bytes() {
    let ways = [
        ("peer", Auth::Peer),
        ("token", Auth::Token { token: "t0ken".into() }),
        ("password", Auth::Password { name: text("ana"), password: "correct horse".into() }),
        ("register", Auth::Register { name: text("ana"), password: "correct horse".into(), code: Some("x1".into()) }),
    ];
    let mut samples = BTreeMap::new();
    for (name, auth) in ways {
        let resume = Resume {
            epoch: Epoch("e1".into()),
            account: AccountSeq(4),
            rooms: vec![RoomCursor { room: ROOM, after: HEAD.up_to(Seq(12)) }],
        };
        let hello = Hello {
            version: 1,
            client: ClientInfo { name: "chat".into(), version: "0.1.0".into() },
            auth,
            subscribe: if name == "peer" { Subscription::All } else { Subscription::Rooms(vec![ROOM]) },
            presence: true,
            resume: Some(resume),
        };
        let wire = String::from_utf8(codec::encode_hello(&hello).to_vec()).expect("UTF-8");
        assert_eq!(codec::decode_client(&wire), Ok(ClientFrame::Hello(hello)), "{wire}");
        samples.insert(name.to_owned(), wire);
    }
    compare("hello", &samples);
}

fn items() -> Vec<(&'static str, Content)> {
    let message = Message {
        code: Some(text("rust")),
        key: Some(text("k-1")),
        expires_at: Some(NOW.plus_ms(30_000)),
        edited_at: Some(NOW),
        mentions: vec![UserId(6)],
        reply_to: Some(Seq(3)),
        ..Message::plain(text("fn main() {}"))
    };
    vec![
        ("message", Content::Message(Message::plain(text("hello")))),
        ("message-full", Content::Message(message)),
        ("deleted", Content::Deleted { deleted_at: NOW, deleted_by: UserId(5) }),
        ("expired", Content::Expired { expired_at: NOW }),
        ("join", Content::Join),
        ("leave", Content::Leave),
        ("topic", Content::Topic { topic: Some(text("friday")) }),
        ("description", Content::Description { description: None }),
        ("renamed", Content::Renamed { name: text("builds") }),
        ("rsvp", Content::Rsvp { answer: Rsvp::Interested, counts: COUNTS, answered_at: None }),
        ("damaged", Content::Damaged),
    ]
}

fn encode<F: Tagged>(frame: &F) -> String {
    let wire = String::from_utf8(codec::encode(frame).to_vec()).expect("UTF-8");
    assert!(matches!(codec::decode_server(&wire), Ok(Some(_))), "reads back: {wire}");
    wire
}

/// An event's bytes, read back the same.
fn event(item: Item) -> String {
    let is_ephemeral = item.content.message().is_some_and(|message| message.expires_at.is_some());
    let event = Event { room: ROOM, seq: item.changed, prev: Seq(13), is_ephemeral, update: Update::of(item) };
    let wire = encode(&event);
    let Ok(Some(ServerFrame::Event(back))) = codec::decode_server(&wire) else { panic!("an event: {wire}") };
    assert_eq!(back, event);
    wire
}

/// An answer that was changed since it was given.
fn changed_answer() -> Item {
    let content = Content::Rsvp { answer: Rsvp::None, counts: COUNTS, answered_at: Some(NOW.plus_ms(5_000)) };
    Item { seq: Seq(12), changed: Seq(14), at: NOW, by: UserId(5), content }
}

#[test]
fn a_small_change_makes_of_the_former_state_what_a_page_answers() {
    let changed = changed_answer();
    let change = ItemChange::last_of(&changed).expect("it travels small");
    let content = Content::Rsvp { answer: Rsvp::Attending, counts: RsvpCounts::default(), answered_at: None };
    let mut item = Item { changed: Seq(12), content, ..changed.clone() };
    assert!(change.apply(Seq(14), &mut item));
    assert_eq!(item, changed);
    assert!(!change.apply(Seq(14), &mut item), "it is there already");
    let mut other = Item { content: Content::Join, changed: Seq(12), ..changed };
    assert!(!change.apply(Seq(15), &mut other), "no answer");
}

#[test]
fn an_event_holds_an_item_or_a_change() {
    let event = |fields: &str| format!(r#"{{"type":"event","room":"R1","seq":14,"prev":13{fields}}}"#);
    let item = codec::to_text(&changed_answer());
    let change = codec::to_text(&ItemChange::last_of(&changed_answer()));
    assert!(codec::decode_server(&event(&format!(r#","item":{item}"#))).is_ok());
    assert!(codec::decode_server(&event(&format!(r#","change":{change}"#))).is_ok());
    assert!(codec::decode_server(&event("")).is_err());
    assert!(codec::decode_server(&event(&format!(r#","item":{item},"change":{change}"#))).is_err());
}

#[test]
fn every_kind_of_event_has_its_golden_bytes_and_reads_back_the_same() {
    let mut samples = BTreeMap::new();
    for (name, content) in items() {
        let item = Item { seq: Seq(12), changed: Seq(14), at: NOW, by: UserId(5), content };
        assert_eq!(ItemChange::last_of(&item), None, "it travels whole");
        samples.insert(name.to_owned(), event(item));
    }
    samples.insert("rsvp-change".to_owned(), event(changed_answer()));
    compare("event", &samples);
}

fn membership() -> Membership {
    let room = Room {
        id: ROOM,
        kind: RoomKind::Public,
        name: Some(text("general")),
        people: Vec::new(),
        topic: Some(Topic { text: text("friday"), by: UserId(5), at: NOW }),
        description: None,
        default_ttl_ms: None,
        closes_when_empty: false,
        members: 2,
        created_at: NOW,
        created_by: UserId(5),
    };
    let counted_to = Seq(13);
    let read_marker = ReadMarker { read_seq: Seq(10), unread: 2, mentions: 1, counted_to, ..ReadMarker::default() };
    Membership { room, head: HEAD, read_marker, role: Role::Member }
}

#[test]
fn every_piece_of_account_news_has_its_golden_bytes() {
    let read_marker = membership().read_marker;
    let listed = UnreadEphemeral { seq: Seq(14), expires_at: NOW.plus_ms(30_000), is_mention: true };
    let ephemeral = vec![listed, UnreadEphemeral { seq: Seq(12), is_mention: false, ..listed }];
    let with_ephemeral = ReadMarker { ephemeral, unlisted_to: Some(Seq(16)), ..read_marker.clone() };
    let without_ephemeral = ReadMarker { lacks_ephemeral: true, ..read_marker };
    let marker = |read_marker| AccountChange::ReadMarker { room: ROOM, read_marker };
    let mention = |expires_at| AccountChange::Mention { room: ROOM, seq: Seq(14), expires_at };
    let change = [
        ("joined", AccountChange::Joined { membership: Box::new(membership()) }),
        ("left", AccountChange::Left { room: ROOM }),
        ("room_renamed", AccountChange::RoomRenamed { room: ROOM, name: text("builds") }),
        ("read_marker", marker(with_ephemeral)),
        ("read_marker-lacking", marker(without_ephemeral)),
        ("mention", mention(None)),
        ("mention-ephemeral", mention(Some(NOW.plus_ms(30_000)))),
        ("session_revoked", AccountChange::SessionRevoked { session: SessionId(9) }),
        ("notice", AccountChange::Notice { text: "Maintenance at noon.".into() }),
    ];
    let frame = |change| encode(&AccountEvent { seq: AccountSeq(5), prev: AccountSeq(4), change });
    compare("account", &change.into_iter().map(|(name, change)| (name.to_owned(), frame(change))).collect());
}

/// An answer's bytes, read back the same.
fn answered<C: Call<Answer: PartialEq + std::fmt::Debug>>(answer: C::Answer) -> (String, String) {
    let wire = String::from_utf8(codec::encode_ok::<C>(RequestId(7), &answer).to_vec()).expect("UTF-8");
    let Ok(Some(ServerFrame::Ok(ok))) = codec::decode_server(&wire) else { panic!("an ok: {wire}") };
    assert_eq!(codec::decode_answer::<C>(&ok.result), Ok(answer), "{wire}");
    (C::TYPE.to_owned(), wire)
}

fn answers_about_rooms() -> Vec<(String, String)> {
    let user = User { id: UserId(5), name: text("ana") };
    let (items, users) = (vec![changed_answer()], vec![user.clone()]);
    let listing = RoomListing { room: membership().room, online: 1, is_member: true, last_message_at: Some(NOW) };
    let presence = Presence { availability: Availability::Away, status: None, last_seen: None };
    let member = Member { user, role: Role::Owner, rsvp: Rsvp::Attending, presence };
    vec![
        answered::<History>(HistoryPage {
            items: items.clone(),
            users: users.clone(),
            next_before: Some(Seq(12)),
            head: HEAD,
        }),
        answered::<Changes>(ChangesPage { items, users: users.clone(), next: HEAD, head: HEAD, parted: None }),
        answered::<Versions>(VersionsAnswer { versions: vec![Version { body: text("ship it"), replaced_at: NOW }] }),
        answered::<Read>(membership().read_marker),
        answered::<CreateRoom>(membership()),
        answered::<Join>(membership()),
        answered::<Leave>(Empty {}),
        answered::<ListRooms>(RoomsPage { rooms: vec![listing.clone()], has_more: true }),
        answered::<RoomInfo>(RoomInfoAnswer {
            listing,
            head: Seq(14),
            messages: 9,
            rsvp: COUNTS,
            own_rsvp: Rsvp::Attending,
            role: Some(Role::Owner),
            users,
        }),
        answered::<SetTopic>(Changed { changed: Seq(14) }),
        answered::<SetDescription>(Changed { changed: Seq(14) }),
        answered::<Members>(MembersPage { members: vec![member], has_more: false, total: 2, online: 1 }),
        answered::<SetRsvp>(COUNTS),
        answered::<Resolve>(Resolved { rooms: vec![membership().room], users: Vec::new() }),
        answered::<Subscribe>(Subscribed { heads: vec![RoomHead { room: ROOM, head: Seq(14) }] }),
        answered::<Unsubscribe>(Empty {}),
        answered::<SetTyping>(Empty {}),
        answered::<Trending>(TrendingAnswer { words: vec![TrendingWord { word: "k8s".into(), score: 1.5 }] }),
    ]
}

fn answers_about_people() -> Vec<(String, String)> {
    let user = User { id: UserId(5), name: text("ana") };
    let presence = Presence { availability: Availability::Away, status: Some(text("lunch")), last_seen: None };
    let people = vec![UserPresence { user: user.id, presence: presence.clone() }];
    let posted = Posted { seq: Seq(12), at: NOW, duplicate: true, expires_at: Some(NOW.plus_ms(30_000)) };
    let event = AccountEvent { seq: AccountSeq(5), prev: AccountSeq(4), change: AccountChange::Left { room: ROOM } };
    let snapshot = AccountSnapshot { head: AccountSeq(4), rooms: vec![membership()], users: vec![user.clone()] };
    vec![
        answered::<Post>(posted),
        answered::<Edit>(Changed { changed: Seq(14) }),
        answered::<Delete>(Changed { changed: Seq(15) }),
        answered::<Users>(UsersAnswer { users: vec![user.clone()] }),
        answered::<SetActivity>(Empty {}),
        answered::<SetStatus>(presence),
        answered::<Who>(WhoAnswer { people, users: vec![user], online: 1, total: 2 }),
        answered::<Account>(snapshot),
        answered::<AccountChanges>(AccountChangesPage { events: vec![event], is_complete: true, head: AccountSeq(5) }),
        answered::<SetPassword>(Empty {}),
        answered::<Logout>(Empty {}),
        answered::<Ping>(Pong { now: NOW }),
    ]
}

#[test]
fn every_answer_has_its_golden_bytes_and_reads_back_the_same() {
    let samples: BTreeMap<String, String> = answers_about_rooms().into_iter().chain(answers_about_people()).collect();
    let mut known = Request::TYPES.to_vec();
    known.sort_unstable();
    assert_eq!(samples.keys().map(String::as_str).collect::<Vec<_>>(), known, "a request whose answer has no sample");
    compare("answer", &samples);
}

fn welcome() -> Welcome {
    let user = User { id: UserId(5), name: text("ana") };
    let item = Item { seq: Seq(14), changed: Seq(14), at: NOW, by: UserId(5), content: Content::Join };
    let parted = |at| Some(Parted { at });
    let nothing = Resumed { room: ROOM, is_complete: false, items: Vec::new(), head: HEAD, parted: None };
    Welcome {
        user: user.clone(),
        session: Some(SessionId(9)),
        token: Some("t0ken".into()),
        connection: ConnectionId(31),
        epoch: Epoch("e1".into()),
        run: Run(0x1f3c_5a2e_9b7d_4c60),
        now: NOW,
        server_version: "0.1.0".into(),
        limits: Limits { posts_per_second: Some(10), posts_burst: Some(30), ..Limits::default() },
        features: Vec::new(),
        service: Service::default(),
        account: AccountSnapshot { head: AccountSeq(4), rooms: vec![membership()], users: vec![user] },
        resumed: vec![
            Resumed { room: ROOM, is_complete: true, items: vec![item], head: HEAD, parted: None },
            Resumed { room: RoomId(2), parted: parted(Some(Seq(9))), ..nothing.clone() },
            Resumed { room: RoomId(3), parted: parted(None), ..nothing },
        ],
    }
}

#[test]
fn every_other_server_frame_has_its_golden_bytes() {
    let error = ErrorBody::new(ErrorCode::RateLimited, "Too many posts.").retry_after(120).at_field("body");
    let presence = Presence { availability: Availability::Offline, status: Some(text("lunch")), last_seen: Some(NOW) };
    let words = vec![TrendingWord { word: "k8s".into(), score: 1.5 }];
    let ok = codec::encode_ok::<Ping>(RequestId(7), &Pong { now: NOW });
    let user = UserId(5);
    let samples = BTreeMap::from([
        ("welcome", encode(&Box::new(welcome()))),
        ("ok", String::from_utf8(ok.to_vec()).expect("UTF-8")),
        ("error", encode(&ErrorFrame { id: Some(RequestId(7)), error })),
        ("gap", encode(&Gap { room: ROOM })),
        ("typing", encode(&Typing { room: ROOM, user, connection: ConnectionId(31), ttl_ms: 6_000 })),
        ("presence", encode(&UserPresence { user, presence })),
        ("counts", encode(&Counts { room: ROOM, members: 400, online: 31 })),
        ("trending", encode(&TrendingWords { room: ROOM, words })),
        ("service", encode(&Service { is_live_available: false, is_store_available: true })),
        ("goodbye", encode(&Goodbye { reason: GoodbyeReason::Shutdown, reconnect_after_ms: Some(300) })),
    ]);
    let mut known: Vec<_> = ServerFrame::TYPES.iter().filter(|tag| !matches!(**tag, "event" | "account")).collect();
    known.sort_unstable();
    assert_eq!(samples.keys().collect::<Vec<_>>(), known, "a frame without a sample");
    compare("frame", &samples.into_iter().map(|(name, wire)| (name.to_owned(), wire)).collect());
}

#[test]
fn every_error_code_has_its_spelling() {
    let spellings: Vec<String> = ErrorCode::ALL.iter().map(codec::to_text).collect();
    let listed = spellings.join("\n").replace('"', "");
    compare("codes", &BTreeMap::from([("errors".to_owned(), listed)]));
}
