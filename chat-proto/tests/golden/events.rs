//! What the server pushes: events of rooms, whole or as a small change, and of the account. Must not know requests.

use super::*;

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

/// An event's bytes, read back the same.
fn event(item: Item) -> String {
    let is_ephemeral = item.content.message().is_some_and(|message| message.expires_at.is_some());
    let event = Event { room: ROOM, seq: item.changed, prev: Seq(13), is_ephemeral, update: Update::of(item) };
    let wire = encode(&event);
    let Ok(Some(ServerFrame::Event(back))) = codec::decode_server(&wire) else { panic!("an event: {wire}") };
    assert_eq!(back, event);
    wire
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
