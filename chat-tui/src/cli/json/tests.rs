//! One golden file per line type: `--json` is a promise to scripts. `UPDATE_GOLDEN=1` writes the files anew.

mod page;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chat_proto::cursor::Cursor;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{RoomId, Seq, UserId};
use chat_proto::message::{Content, Item, JoinRun, Message, Version};
use chat_proto::presence::{Availability, Presence};
use chat_proto::request::{Changed, RoomInfoAnswer, RoomListing};
use chat_proto::room::{Member, Membership, ReadMarker, Role, Room, RoomKind, Rsvp, RsvpCounts, Topic, User};
use chat_proto::time::UnixMillis;
use chat_proto::trending::TrendingWord;

use super::*;
use crate::cli::exit::{Code, ErrorReport};
use crate::cli::outbox::{OutboxPost, Refusal};
use crate::cli::run_report::{RunReport, RunResult};

const NOW: UnixMillis = UnixMillis(1_763_560_927_120);
const ROOM: RoomId = RoomId(1);
const ROOM_NAME: &str = "general";
const NAMES: ItemNames<'static> = ItemNames { room_id: ROOM, room: ROOM_NAME, from: "ana" };

fn text<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a sample is right")
}

fn now_plus_ms(ms: i64) -> UnixMillis {
    UnixMillis(NOW.0 + ms)
}

/// The lines of each type, at least one a type; written as they are printed.
#[derive(Default)]
struct Samples(BTreeMap<String, String>);

impl Samples {
    fn add(&mut self, line: &Line<'_>) {
        let printed = encode(line);
        let value: serde_json::Value = serde_json::from_str(&printed).expect("JSON");
        assert_eq!(value["v"], 2, "{printed}");
        let lines = self.0.entry(value["type"].as_str().expect("a type").to_owned()).or_default();
        *lines += &(printed + "\n");
    }

    fn add_item(&mut self, content: Content, changed: Seq, is_change: bool) {
        let item = Item { seq: Seq(12), changed, at: NOW, by: UserId(5), content };
        self.add(&Line::item(&item, NAMES, is_change));
    }
}

fn message() -> Message {
    Message {
        body: text("ship it, @ben\nnow"),
        code: Some(text("rust")),
        key: Some(text("k-1")),
        expires_at: Some(now_plus_ms(30_000)),
        edited_at: Some(now_plus_ms(5_000)),
        mentions: vec![UserId(6)],
        reply_to: Some(Seq(3)),
    }
}

fn room() -> Room {
    Room {
        id: ROOM,
        kind: RoomKind::Public,
        name: Some(text(ROOM_NAME)),
        people: Vec::new(),
        topic: Some(Topic { text: text("friday"), by: UserId(5), at: NOW }),
        description: Some(text("All of us.")),
        default_ttl_ms: Some(3_600_000),
        closes_when_empty: true,
        members: 3,
        created_at: now_plus_ms(-60_000),
        created_by: UserId(5),
        pruned_to: Seq::ZERO,
    }
}

fn direct_room() -> Room {
    Room {
        id: RoomId(2),
        kind: RoomKind::Direct,
        name: None,
        people: vec![UserId(5), UserId(6)],
        topic: None,
        description: None,
        default_ttl_ms: None,
        closes_when_empty: false,
        members: 2,
        ..room()
    }
}

fn membership(room: Room, role: Role) -> Membership {
    let read_marker = ReadMarker { read_seq: Seq(9), unread: 3, mentions: 1, ..ReadMarker::default() };
    Membership { room, head: Cursor::unknown(Seq(12)), read_marker, role }
}

fn name_of(id: UserId) -> String {
    format!("user-{}", id.0)
}

fn offline() -> Presence {
    Presence { availability: Availability::Offline, status: Some(text("lunch")), last_seen: Some(NOW) }
}

fn online() -> Presence {
    Presence { availability: Availability::Online, status: None, last_seen: None }
}

fn items(samples: &mut Samples) {
    let own = Seq(12);
    samples.add_item(Content::Message(Message::plain(text("a\u{202e}b"))), own, false);
    samples.add_item(Content::Message(message()), Seq(14), false);
    let keyed = Message { key: Some(text("k-1")), ..Message::plain(text("hi")) };
    let keyed = Item { seq: own, changed: own, at: NOW, by: UserId(5), content: Content::Message(keyed) };
    samples.add(&Line::posted(&keyed, NAMES, true));
    samples.add_item(Content::Message(message()), Seq(14), true);
    samples.add_item(Content::Deleted { deleted_at: NOW, deleted_by: UserId(5) }, Seq(14), true);
    samples.add_item(Content::Expired { expired_at: now_plus_ms(30_000) }, own, false);
    samples.add_item(Content::Damaged, own, false);
    samples.add_item(Content::Join, own, false);
    samples.add_item(Content::Leave, own, false);
    samples.add_item(Content::Topic { topic: Some(text("friday")) }, own, false);
    samples.add_item(Content::Topic { topic: None }, own, false);
    samples.add_item(Content::Description { description: Some(text("All of us.")) }, own, false);
    samples.add_item(Content::Description { description: None }, own, false);
    samples.add_item(Content::Renamed { name: text("town") }, own, false);
    let counts = RsvpCounts { attending: 2, interested: 1 };
    samples.add_item(Content::Rsvp { answer: Rsvp::Attending, counts, answered_at: None }, own, false);
    let names = ["ana".to_owned(), "ben".to_owned()];
    let run = |joined, left| {
        let users = if joined == 1 { vec![UserId(5)] } else { vec![UserId(5), UserId(6)] };
        JoinRun { from_seq: Seq(7), to_seq: own, at: NOW, joined, left, users }
    };
    for (run, text) in [
        (run(1, 0), "ana joined"),
        (run(2, 0), "2 people joined: ana, ben"),
        (run(0, 20), "20 people left: ana, ben, …"),
        (run(5, 1), "5 joins, 1 leave: ana, ben"),
    ] {
        let names = if run.joined == 1 { &names[..1] } else { &names };
        let line = JoinsLine::new(&run, (ROOM, ROOM_NAME), names);
        assert_eq!((line.id().as_str(), line.text().as_str()), ("general/12", text));
        samples.add(&Line::Joins(&line));
    }
    let answered_at = Some(now_plus_ms(30_000));
    samples.add_item(Content::Rsvp { answer: Rsvp::None, counts, answered_at }, Seq(14), true);
}

fn messages(samples: &mut Samples) {
    let version = Version { body: text("ship"), replaced_at: NOW };
    let item = Item { seq: Seq(12), changed: Seq(14), at: NOW, by: UserId(5), content: Content::Message(message()) };
    samples.add(&Line::Version(VersionLine::new(&version, &item, NAMES)));
    let answer = Changed { changed: Seq(14) };
    samples.add(&Line::Edited(ChangeLine::message(ROOM_NAME, ROOM, Seq(12), answer)));
    samples.add(&Line::Deleted(ChangeLine::message(ROOM_NAME, ROOM, Seq(12), answer)));
    samples.add(&Line::TopicSet(ChangeLine::room(ROOM_NAME, ROOM, answer)));
    samples.add(&Line::DescriptionSet(ChangeLine::room(ROOM_NAME, ROOM, answer)));
    let membership = membership(room(), Role::Member);
    samples.add(&Line::ReadMarker(ReadMarkerLine::new(ROOM_NAME, ROOM, Seq(9), &membership.read_marker)));
    samples.add(&Line::Unread(UnreadLine::new(ROOM_NAME, &membership)));
}

fn rooms(samples: &mut Samples) {
    let listing = RoomListing { room: room(), online: 2, is_member: true, last_message_at: Some(NOW) };
    let bare = RoomListing { room: direct_room(), online: 0, is_member: false, last_message_at: None };
    samples.add(&Line::Room(RoomLine::new(&listing, &name_of)));
    samples.add(&Line::Room(RoomLine::new(&bare, &name_of)));
    let user = || User { id: UserId(5), name: text("ana") };
    let info = RoomInfoAnswer {
        listing,
        head: Seq(12),
        messages: 11,
        rsvp: RsvpCounts { attending: 2, interested: 1 },
        own_rsvp: Rsvp::Interested,
        role: Some(Role::Owner),
        users: vec![user()],
    };
    samples.add(&Line::RoomInfo(RoomInfoLine::new(&info, &name_of)));
    let bare = RoomInfoAnswer {
        listing: bare,
        head: Seq::ZERO,
        messages: 0,
        rsvp: RsvpCounts::default(),
        own_rsvp: Rsvp::None,
        role: None,
        users: Vec::new(),
    };
    samples.add(&Line::RoomInfo(RoomInfoLine::new(&bare, &name_of)));
    for room in [room(), direct_room()] {
        samples.add(&Line::RoomTopic(RoomTopicLine::new(ROOM_NAME, ROOM, room.topic.as_ref(), &name_of)));
        let description = room.description.as_ref();
        samples.add(&Line::RoomDescription(RoomDescriptionLine::new(ROOM_NAME, ROOM, description)));
    }
    samples.add(&Line::Joined(JoinedLine::new(&membership(room(), Role::Member), &name_of)));
    samples.add(&Line::Joined(JoinedLine::new(&membership(direct_room(), Role::Moderator), &name_of)));
    samples.add(&Line::Left(LeftLine::new(ROOM_NAME, ROOM)));
    let owner = Member { user: user(), role: Role::Owner, rsvp: Rsvp::Attending, presence: offline() };
    let member = Member { user: user(), role: Role::Member, rsvp: Rsvp::None, presence: online() };
    samples.add(&Line::Member(MemberLine::new(ROOM_NAME, ROOM, &owner)));
    samples.add(&Line::Member(MemberLine::new(ROOM_NAME, ROOM, &member)));
    samples.add(&Line::RsvpCounts(RsvpCountsLine::new(ROOM_NAME, ROOM, info.rsvp)));
    let word = TrendingWord { word: "k8s".to_owned(), score: 2.5 };
    samples.add(&Line::Trending(TrendingLine::new(ROOM_NAME, ROOM, &word)));
}

fn people_and_program(samples: &mut Samples) {
    samples.add(&Line::Person(PersonLine::new("ana", UserId(5), &offline())));
    samples.add(&Line::Person(PersonLine::new("ana", UserId(5), &online())));
    samples.add(&Line::Presence(PersonLine::new("ana", UserId(5), &offline())));
    let user = UserFields::new(UserId(5), "ana");
    let (epoch, server, server_version) = ("e-1", "ws://localhost:4000/", "0.1.0");
    samples.add(&Line::Identity(IdentityLine { user, server, server_version, epoch }));
    let profile = |name, account, at: Option<UnixMillis>| {
        let last_used_at = at.map(Into::into);
        ProfileLine { name, server, account, is_default: name.is_some(), last_used_at }
    };
    samples.add(&Line::Profile(profile(Some("work"), Some("ana"), Some(NOW))));
    samples.add(&Line::Profile(profile(None, None, None)));
    let server = |pid: Option<i32>| LocalServerLine {
        data: "/home/ana/data".into(),
        is_running: pid.is_some(),
        log: "/home/ana/server.log".into(),
        pid,
        server: "unix:/run/user/1000/chat/s",
    };
    samples.add(&Line::LocalServer(server(Some(4711))));
    samples.add(&Line::LocalServer(server(None)));
    let copied = |former: Option<&'static str>| CopiedDataLine {
        bytes: 4096,
        data: "/home/ana/data".into(),
        file: "/backup/chat.db".into(),
        form: 6,
        damaged: None,
        former: former.map(Into::into),
    };
    samples.add(&Line::Backup(copied(None)));
    samples.add(&Line::Backup(CopiedDataLine { damaged: Some(2), ..copied(None) }));
    samples.add(&Line::Restore(CopiedDataLine { damaged: Some(2), ..copied(None) }));
    samples.add(&Line::Restore(copied(None)));
    samples.add(&Line::Restore(copied(Some("/home/ana/data/replaced-20261121T200000Z"))));
    runs(samples);
    let message = "p50 1.2ms, p99 3ms of 100";
    let figures = [("p50_ms", 1.25.into()), ("count", 100_u64.into()), ("role", "master".into())].into();
    let (advice, level, name) = (None, "ok", "round trip");
    samples.add(&Line::Check(CheckLine { name, level, message, advice, figures: &figures }));
    let (advice, figures) = (Some("use a UTF-8 locale"), BTreeMap::new());
    let (level, message, name) = ("fail", "C", "locale");
    samples.add(&Line::Check(CheckLine { name, level, message, advice, figures: &figures }));
    samples.add(&Line::Log(LogLine { line: "2026-11-21T20:00:00Z  INFO ready" }));
    samples.add(&Line::Notice(NoticeLine { level: "info", message: "joined" }));
    samples.add(&Line::Notice(NoticeLine { level: "warn", message: "general: messages may be missing" }));
    let report = ErrorReport::new(Code::TimedOut, "no message in #general matched within 1s");
    samples.add(&Line::Error((&report).into()));
    let body = ErrorBody {
        code: ErrorCode::RateLimited,
        message: "slow \u{1b}down".to_owned(),
        retryable: true,
        retry_after_ms: Some(250),
        field: Some("body".to_owned()),
    };
    let report = ErrorReport { id: Some("general/12".to_owned()), ..body.into() };
    samples.add(&Line::Error((&report).into()));
    for code in std::iter::once(Code::Unreachable).chain(ErrorCode::ALL.map(Code::Protocol)) {
        samples.add(&Line::Error((&ErrorReport::new(code, "-")).into()));
    }
}

fn runs(samples: &mut Samples) {
    let command = ["cargo".to_owned(), "test".to_owned()];
    let report = |result| RunReport::new(&command, result, NOW, 640);
    let failed = report(RunResult::ExitStatus(101));
    samples.add(&Line::Run(RunLine::new(&failed, "#builds", "posted", Some("builds/12"))));
    samples.add(&Line::Run(RunLine::new(&report(RunResult::Signal(15)), "#builds", "waiting", None)));
    let not_started = RunResult::NotStarted { exit_status: 127, reason: "not found".to_owned() };
    samples.add(&Line::Run(RunLine::new(&report(not_started), "#builds", "lost", None)));
    let refusal = Refusal { code: "not_member".to_owned(), message: "Only members may do this.".to_owned() };
    for refusal in [None, Some(refusal)] {
        let (id, room, profile) = ("3f2a91c0".to_owned(), "#builds".to_owned(), "work".to_owned());
        let report = if refusal.is_some() { report(RunResult::Signal(15)) } else { failed.clone() };
        let key = text("k-1");
        let post = OutboxPost { id, room, key, profile, token: None, stored_at: now_plus_ms(5_000), refusal, report };
        samples.add(&Line::OutboxPost((&post).into()));
    }
}

/// Returns the lines of all types.
fn samples() -> Samples {
    let mut samples = Samples::default();
    items(&mut samples);
    messages(&mut samples);
    rooms(&mut samples);
    people_and_program(&mut samples);
    samples
}

#[test]
fn every_line_type_has_its_golden_bytes() {
    let samples = samples();
    let types: BTreeSet<&str> = Line::TYPES.iter().copied().collect();
    assert_eq!(samples.0.keys().map(String::as_str).collect::<BTreeSet<_>>(), types, "a line type without a sample");

    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden");
    let is_update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for (name, lines) in &samples.0 {
        let path = folder.join(format!("json-{name}.json"));
        if is_update {
            std::fs::write(&path, lines).expect("the folder is there");
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(&golden, lines, "{}", path.display());
    }
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let file = entry.expect("readable").file_name().into_string().expect("UTF-8");
        let name = file.strip_prefix("json-").and_then(|name| name.strip_suffix(".json"));
        assert!(name.is_some_and(|name| samples.0.contains_key(name)), "{file} belongs to no line type");
    }
}
