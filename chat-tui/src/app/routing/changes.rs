//! Brings the changes of rooms, and of the list of rooms, to everything that they concern: the room, names, overlays.
//! Must not know how a room keeps its changes in order.

#![deny(clippy::disallowed_methods)]

use chat_proto::cursor::Parted;
use chat_proto::ids::Seq;
use chat_proto::message::{ChangeDetail, Content, Item, ItemChange};
use chat_proto::request::{ChangesPage, HistoryPage, MembersPage, VersionsAnswer};
use chat_proto::room::{Membership, Rsvp, RsvpCounts};
use chat_proto::server_frame::{AccountSnapshot, Event, Resumed, Update};

use super::model::Model;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::rooms::room::Room;
use crate::app::state::effect::PersistOp;
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::catch_up::{Arrival, Step};

/// Takes the server's list of this account's rooms; rooms not listed are removed. Returns whether the open room was.
pub fn on_memberships(model: &mut Model, key: ServerKey, memberships: &[Membership], out: &mut Outcomes) -> bool {
    let is_in = |room_key: &RoomKey| memberships.iter().any(|membership| membership.room.id == room_key.room);
    let gone: Vec<_> =
        model.rooms.keys().copied().filter(|room_key| room_key.server == key && !is_in(room_key)).collect();
    let was_open = |room_key| remove_room(model, room_key, out);
    let is_open_gone = gone.into_iter().map(was_open).filter(|was_open| *was_open).count() > 0;
    for membership in memberships {
        let room_key = RoomKey { server: key, room: membership.room.id };
        match model.rooms.get_mut(&room_key) {
            Some(room) => room.on_listed(membership, out),
            None => model.add_room(room_key, || Room::new(key, membership.clone())),
        }
    }
    is_open_gone
}

/// Removes a room that this account has left. Returns whether it was the open one.
pub fn remove_room(model: &mut Model, room_key: RoomKey, out: &mut Outcomes) -> bool {
    model.rooms.remove(&room_key);
    out.persist(room_key.server, PersistOp::RemoveRooms(vec![room_key.room]));
    model.navigation.on_removed(room_key)
}

/// Takes the account's rooms, requested because events of the account were missing.
pub fn on_account(model: &mut Model, key: ServerKey, snapshot: &AccountSnapshot, out: &mut Outcomes) {
    if let Some(server) = model.servers.get_mut(&key) {
        server.account = snapshot.head;
        server.add_users(&snapshot.users);
    }
    let is_open_gone = on_memberships(model, key, &snapshot.rooms, out);
    catch_up_all(model, key, out);
    if is_open_gone {
        out.push(Outcome::OpenDefaultRoom(key));
    }
}

/// Takes what a resumed connection delivered for each room.
pub fn on_resumed(model: &mut Model, key: ServerKey, resumed: &[Resumed], out: &mut Outcomes) {
    let mut parted = Vec::new();
    for resumed in resumed {
        let room_key = RoomKey { server: key, room: resumed.room };
        let Some(room) = model.rooms.get_mut(&room_key) else { continue };
        if let Some(why) = resumed.parted {
            room.reset_parted(resumed.head, out);
            parted.push((room_key, why));
        } else if resumed.is_complete && room.following.is_behind() {
            on_missed(model, room_key, resumed, out);
        } else {
            room.following.on_confirmed(resumed.head.seq);
        }
    }
    if !parted.is_empty() {
        let given_up = give_up_changes(model, |room_key| parted.iter().any(|(room, _)| *room == room_key), out);
        report_parted(model, &parted, &given_up, out);
    }
}

/// Gives up what the user is about to change in rooms whose numbers stand for other messages now. Returns a sentence that
/// says so; empty if there was nothing.
pub fn give_up_changes(model: &mut Model, is_concerned: impl Fn(RoomKey) -> bool, out: &mut Outcomes) -> String {
    let deletions = model.deletions.give_up(&is_concerned);
    let concerned = model.rooms.values_mut().filter(|room| is_concerned(room.key));
    let edits: Vec<String> = concerned.filter_map(|room| room.writing.stop_editing()).collect();
    let deletions = match deletions {
        0 => None,
        1 => Some("1 deletion".to_owned()),
        many => Some(format!("{many} deletions")),
    };
    let edits = edits.into_iter().next_back().map(|text| {
        out.push(Outcome::KeepKilled(text));
        "an edit".to_owned()
    });
    let given_up: Vec<_> = deletions.into_iter().chain(edits).collect();
    if given_up.is_empty() { String::new() } else { format!(" Given up: {}.", given_up.join(" and ")) }
}

/// Applies everything that one room has missed.
fn on_missed(model: &mut Model, room_key: RoomKey, resumed: &Resumed, out: &mut Outcomes) {
    apply_all(model, room_key, &resumed.items, out);
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.following.on_resumed(resumed.head);
    }
}

/// Tells the user which rooms are loaded again because they belong to another life of the data.
fn report_parted(model: &Model, parted: &[(RoomKey, Parted)], given_up: &str, out: &mut Outcomes) {
    let Some((first, _)) = parted.first() else { return };
    let name = model.rooms.get(first).and_then(|room| room.info.name.as_ref());
    let name = name.map_or_else(|| first.room.to_string(), |name| format!("#{name}"));
    let rooms = match parted.len() {
        1 => format!("{name} is loaded again."),
        2 => format!("{name} and one more room are loaded again."),
        count => format!("{name} and {} more rooms are loaded again.", count - 1),
    };
    let why = if parted.iter().any(|(_, why)| why.at.is_some()) {
        "The server's data were put back to an earlier state"
    } else {
        "The server does not know what was loaded here, as after a restored backup"
    };
    out.show_info(&format!("{why}: {rooms}{given_up}"));
}

/// Requests the missing changes of all rooms of a server.
pub fn catch_up_all(model: &mut Model, key: ServerKey, out: &mut Outcomes) {
    for (room, server) in model.rooms_of(key).filter(|(room, _)| room.following.is_behind()) {
        room.request_changes(server, out);
    }
}

/// Takes a pushed change.
pub fn on_event(model: &mut Model, room_key: RoomKey, event: &Event, out: &mut Outcomes) {
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    match room.following.on_event(Step::of(event, server.life.run())) {
        Arrival::Next => match &event.update {
            Update::Item(item) => apply(model, room_key, item, out),
            Update::Change(change) => apply_change(model, room_key, (event, change), out),
        },
        Arrival::Missing => room.request_changes(server, out),
        Arrival::Known | Arrival::Later => {}
    }
}

/// The server left events out.
pub fn on_gap(model: &mut Model, room_key: RoomKey, out: &mut Outcomes) {
    if let Some((room, server)) = model.room_and_server(room_key) {
        room.on_gap(server, out);
    }
}

/// Takes a page of changes; the cursor moves once all of it is applied.
pub fn on_changes(model: &mut Model, room_key: RoomKey, page: &ChangesPage, out: &mut Outcomes) {
    let open = model.navigation.current;
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    if let Some(why) = page.parted {
        room.reset_parted(page.head, out);
        if open == Some(room_key) {
            room.load(server, out);
        }
        let given_up = give_up_changes(model, |concerned| concerned == room_key, out);
        return report_parted(model, &[(room_key, why)], &given_up, out);
    }
    server.add_users(&page.users);
    apply_all(model, room_key, &page.items, out);
    if let Some((room, server)) = model.room_and_server(room_key) {
        room.end_page(page, server, out);
    }
}

/// Applies several changes at once.
fn apply_all(model: &mut Model, room_key: RoomKey, items: &[Item], out: &mut Outcomes) {
    let now = model.now;
    if let Some(room) = model.rooms.get_mut(&room_key) {
        room.begin_page(items, now);
    }
    for item in items {
        apply(model, room_key, item, out);
    }
}

/// Applies one change with everything that follows from it.
fn apply(model: &mut Model, room_key: RoomKey, item: &Item, out: &mut Outcomes) {
    let attention = model.attention();
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    server.request_name(item.by);
    room.on_change(item, server, attention, out);
    match &item.content {
        Content::Rsvp { answer, counts, .. } => {
            let own = (server.my_id() == Some(item.by)).then_some(*answer);
            on_rsvp(model, room_key, item.changed, (own, *counts));
        }
        Content::Leave if room_key.server == model.navigation.server() => {
            model.overlays.on_leave(room_key, item.changed, out);
        }
        Content::Leave
        | Content::Message(_)
        | Content::Deleted { .. }
        | Content::Expired { .. }
        | Content::Join
        | Content::Topic { .. }
        | Content::Description { .. }
        | Content::Renamed { .. }
        | Content::Damaged => {}
    }
}

/// Applies a small change; if its item should be loaded and is missing, the change is requested again with it.
fn apply_change(model: &mut Model, room_key: RoomKey, (event, change): (&Event, &ItemChange), out: &mut Outcomes) {
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    server.request_name(change.by);
    if !room.change(event.seq, change) {
        room.request_missing_item(event.prev, server, out);
    }
    match &change.detail {
        ChangeDetail::Rsvp { answer, counts } => {
            let own = (server.my_id() == Some(change.by)).then_some(*answer);
            on_rsvp(model, room_key, event.seq, (own, *counts));
        }
    }
}

/// Details of a room are shown for the open room's server only.
fn on_rsvp(model: &mut Model, room_key: RoomKey, seq: Seq, (own, counts): (Option<Rsvp>, RsvpCounts)) {
    if room_key.server == model.navigation.server() {
        model.overlays.on_rsvp(room_key.room, seq, own, counts);
    }
}

/// Takes an older page, or a room's end.
pub fn on_history(model: &mut Model, room_key: RoomKey, page: &HistoryPage, out: &mut Outcomes) {
    let (now, open) = (model.now, model.navigation.current);
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    server.add_users(&page.users);
    let joined = page.joins.iter().flat_map(|run| &run.users).copied();
    page.items.iter().map(|item| item.by).chain(joined).for_each(|user| server.request_name(user));
    // A room that is not open is loaded when it is opened.
    let is_dropped = room.on_history(page, server.my_id(), server.now(now));
    if open != Some(room_key) {
        return;
    }
    if is_dropped {
        room.load(server, out);
    } else {
        room.load_to_place(server, out);
    }
}

/// Takes the members of a room, and who of them is online.
pub fn on_members(model: &mut Model, room_key: RoomKey, page: &MembersPage) {
    let Some((room, server)) = model.room_and_server(room_key) else { return };
    room.on_members(page);
    for member in &page.members {
        server.add_users(std::slice::from_ref(&member.user));
        server.set_presence(member.user.id, member.presence.clone());
    }
}

/// Takes the earlier texts of a message, if the user still looks at its room.
pub fn on_versions(model: &mut Model, (room_key, seq): (RoomKey, Seq), answer: &VersionsAnswer, out: &mut Outcomes) {
    let changed = last_change(model, room_key, seq).filter(|_| model.navigation.current == Some(room_key));
    if let Some(changed) = changed {
        model.overlays.on_versions((room_key, seq), changed, answer, out);
    }
}

/// Lets the shown edit history follow its message.
pub fn follow_edit_history(model: &mut Model, out: &mut Outcomes) {
    if let Some((room_key, seq)) = model.overlays.shown_message() {
        let (changed, is_ready) = (last_change(model, room_key, seq), model.is_ready(room_key.server));
        model.overlays.follow_message(changed, is_ready, out);
    }
}

/// The last change of a message; `None` if its text is gone.
fn last_change(model: &Model, room_key: RoomKey, seq: Seq) -> Option<Seq> {
    let entry = model.rooms.get(&room_key)?.timeline.get(seq)?;
    entry.content().map(|_| entry.changed)
}
