//! What clients send: each request, and each way to sign in. Must not know answers.

use super::*;

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
        OwnStatus {}.into(),
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
