//! What the server answers: to each request, to a `hello`, and every other frame. Must not know events.

use super::*;

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
            joins: vec![JoinRun {
                from_seq: Seq(9),
                to_seq: Seq(11),
                at: NOW,
                joined: 2,
                left: 1,
                users: vec![UserId(6), UserId(5)],
            }],
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
        answered::<OwnStatus>(ChosenStatus { availability: ChosenAvailability::Away, status: Some(text("lunch")) }),
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
