//! One golden file per frame: the bytes on the wire are a promise to clients in other languages. A change of a file
//! is a change of the protocol. `UPDATE_GOLDEN=1` writes the files anew.

mod answers;
mod events;
mod requests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use chat_proto::client_frame::{Auth, ClientFrame, ClientInfo, Hello, Resume, RoomCursor, Subscription};
use chat_proto::codec;
use chat_proto::cursor::{Cursor, Parted};
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::ids::{AccountSeq, ConnectionId, Epoch, RequestId, RoomId, Run, Seq, SessionId, UserId};
use chat_proto::limits::Limits;
use chat_proto::message::{Content, Item, ItemChange, JoinRun, Message, Version};
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

fn encode<F: Tagged>(frame: &F) -> String {
    let wire = String::from_utf8(codec::encode(frame).to_vec()).expect("UTF-8");
    assert!(matches!(codec::decode_server(&wire), Ok(Some(_))), "reads back: {wire}");
    wire
}

/// An answer that was changed since it was given.
fn changed_answer() -> Item {
    let content = Content::Rsvp { answer: Rsvp::None, counts: COUNTS, answered_at: Some(NOW.plus_ms(5_000)) };
    Item { seq: Seq(12), changed: Seq(14), at: NOW, by: UserId(5), content }
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
        pruned_to: Seq(2),
    };
    let counted_to = Seq(13);
    let read_marker = ReadMarker { read_seq: Seq(10), unread: 2, mentions: 1, counted_to, ..ReadMarker::default() };
    Membership { room, head: HEAD, read_marker, role: Role::Member }
}

#[test]
fn every_error_code_has_its_spelling() {
    let spellings: Vec<String> = ErrorCode::ALL.iter().map(codec::to_text).collect();
    let listed = spellings.join("\n").replace('"', "");
    compare("codes", &BTreeMap::from([("errors".to_owned(), listed)]));
}
