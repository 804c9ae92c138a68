//! Everything the screen knows: the parts, and the questions about several of them. Must not know what a part does.

#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use chat_proto::time::UnixMillis;

use crate::action::KeyContext;
use crate::app::parts::activity::Activity;
use crate::app::parts::client_keys::ClientKeys;
use crate::app::parts::completion::{self, Known};
use crate::app::parts::composer::Composer;
use crate::app::parts::deletions::Deletions;
use crate::app::parts::first_keys::FirstKeys;
use crate::app::parts::navigation::Navigation;
use crate::app::parts::notices::Notices;
use crate::app::parts::open_room::OpenRoom;
use crate::app::parts::overlays::Overlays;
use crate::app::parts::panes::Panes;
use crate::app::parts::recent::Recent;
use crate::app::parts::requests::Requests;
use crate::app::parts::rooms::pending_post::PendingPost;
use crate::app::parts::rooms::queues::DeliveryStatus;
use crate::app::parts::rooms::room::Room;
use crate::app::parts::selection::Focus;
use crate::app::parts::server::Server;
use crate::app::parts::sign_in::SignInForm;
use crate::app::parts::silence;
use crate::app::parts::unclaimed::Unclaimed;
use crate::app::state::attention::Attention;
use crate::app::state::completion::Candidate;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::app::state::setup::Setup;
use crate::app::state::viewport::Viewport;
use crate::text::SafeText;

/// Everything the screen knows.
#[derive(Debug)]
pub struct Model {
    /// Facts that do not change.
    pub setup: Setup,
    /// This machine's clock at the last message.
    pub now: UnixMillis,
    /// The servers.
    pub servers: BTreeMap<ServerKey, Server>,
    /// The account's rooms.
    pub rooms: BTreeMap<RoomKey, Room>,
    /// Which room is open.
    pub navigation: Navigation,
    /// The target of typed keys: the input box, or the selected message.
    pub focus: Focus,
    /// Whether the selection follows the view, as after paging; otherwise the view follows the selection.
    pub view_leads: bool,
    /// The input box.
    pub composer: Composer,
    /// The confirmed deletions that can still be taken back.
    pub deletions: Deletions,
    /// The keys to be shown until they were used.
    pub first_keys: FirstKeys,
    /// The commands and rooms used last.
    pub recent: Recent,
    /// The form that asks for a sign-in, while a server wants one.
    pub sign_in: Option<SignInForm>,
    /// The windows over the screen.
    pub overlays: Overlays,
    /// The side panes the user wants to see.
    pub panes: Panes,
    /// The line for the user.
    pub notices: Notices,
    /// The parts of the last frame that later steps depend on.
    pub viewport: Viewport,
    /// Whether someone is at the keyboard.
    pub activity: Activity,
    /// The requests in flight.
    pub(in crate::app) requests: Requests,
    /// The keys of this run's posts.
    pub(in crate::app) client_keys: ClientKeys,
    /// Drafts, places and posts of an earlier run for rooms that are not known yet.
    pub(in crate::app) unclaimed: Unclaimed,
    /// When changes were last written to disk.
    pub(in crate::app) saved_at: UnixMillis,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(setup: Setup) -> Self {
        let keys = (0u16..).map(ServerKey);
        let servers = keys.zip(&setup.servers).map(|(key, label)| (key, Server::new(key, label)));
        Self {
            servers: servers.collect(),
            setup,
            now: UnixMillis(0),
            rooms: BTreeMap::new(),
            navigation: Navigation::default(),
            focus: Focus::Composer,
            view_leads: false,
            composer: Composer::default(),
            deletions: Deletions::default(),
            first_keys: FirstKeys::default(),
            recent: Recent::default(),
            sign_in: None,
            overlays: Overlays::default(),
            panes: Panes::default(),
            notices: Notices::default(),
            viewport: Viewport::default(),
            activity: Activity::default(),
            requests: Requests::default(),
            client_keys: ClientKeys::default(),
            unclaimed: Unclaimed::default(),
            saved_at: UnixMillis(0),
        }
    }

    /// The context in which a key is looked up.
    pub fn key_context(&self) -> KeyContext {
        match (&self.overlays.open, self.focus) {
            (Some(_), _) => KeyContext::List,
            (None, _) if self.sign_in.is_some() => KeyContext::List,
            (None, Focus::Message(_)) => KeyContext::Messages,
            (None, Focus::Composer) => KeyContext::Composer,
        }
    }

    /// The open room.
    pub fn room(&self) -> Option<(RoomKey, &Room)> {
        let room_key = self.navigation.current?;
        self.rooms.get(&room_key).map(|room| (room_key, room))
    }

    /// The open room's server.
    pub fn server(&self) -> Option<&Server> {
        self.servers.get(&self.navigation.server())
    }

    /// For how many seconds the open room's server has left an answer outstanding; `None` if that is no cause for
    /// concern.
    pub fn silence_s(&self) -> Option<u64> {
        silence::seconds(self.silent_since()?, self.now)
    }

    /// Since when an answer of the open room's server is outstanding.
    pub(in crate::app) fn silent_since(&self) -> Option<UnixMillis> {
        let server = self.server()?;
        let asked_at = self.requests.oldest(server.key).filter(|_| server.is_ready());
        [server.silent_since, asked_at].into_iter().flatten().min()
    }

    /// The rooms in the order of the list: by name, direct messages last.
    pub fn listed(&self) -> Vec<RoomKey> {
        self.titled().into_iter().map(|(room_key, _)| room_key).collect()
    }

    /// The rooms in the order of the list, with their titles.
    pub(in crate::app) fn titled(&self) -> Vec<(RoomKey, SafeText)> {
        let rooms = self.rooms.iter();
        let mut listed: Vec<_> = rooms.map(|(key, room)| (room.is_direct(), self.title(*key), *key)).collect();
        listed.sort_by(|a, b| (a.0, a.1.as_str(), a.2).cmp(&(b.0, b.1.as_str(), b.2)));
        listed.into_iter().map(|(_, title, room_key)| (room_key, title)).collect()
    }

    /// The title of a room.
    pub fn title(&self, room_key: RoomKey) -> SafeText {
        match (self.rooms.get(&room_key), self.servers.get(&room_key.server)) {
            (Some(room), Some(server)) => room.title(|id| server.name(id), server.my_id()),
            _ => SafeText::line(&room_key.room.to_string()),
        }
    }

    /// The time by the clock of a room's server.
    pub fn server_now(&self, room_key: RoomKey) -> UnixMillis {
        self.servers.get(&room_key.server).map_or(self.now, |server| server.now(self.now))
    }

    /// Returns the reason an unsent message of a room waits.
    pub fn delivery_status<'a>(&self, room: &'a Room, pending: &'a PendingPost) -> DeliveryStatus<'a> {
        room.delivery_status(pending, self.is_ready(room.key.server))
    }

    /// The candidates for the word before the cursor, and the byte offset of that word.
    pub fn candidates(&self) -> Option<(usize, Vec<Candidate>)> {
        let (_, room) = self.room()?;
        let rooms = || self.listed().iter().filter_map(|room_key| self.rooms.get(room_key)).collect();
        completion::candidates(&Known { room, server: self.server()?, rooms: &rooms, recent: &self.recent })
    }

    /// Where the user looks.
    pub(in crate::app) fn attention(&self) -> Attention {
        let (now, open, has_focus) = (self.now, self.navigation.current, self.activity.has_focus);
        let is_covered = self.overlays.open.is_some() || self.sign_in.is_some() || self.panes.cover();
        Attention { now, open, has_focus, is_covered }
    }

    /// Whether a server takes requests.
    pub(in crate::app) fn is_ready(&self, server: ServerKey) -> bool {
        self.servers.get(&server).is_some_and(Server::is_ready)
    }

    /// A room and its server, to change them; `None` if the room is unknown.
    pub(in crate::app) fn room_and_server(&mut self, room_key: RoomKey) -> Option<(&mut Room, &mut Server)> {
        self.rooms.get_mut(&room_key).zip(self.servers.get_mut(&room_key.server))
    }

    /// The open room, to change it. Where it is lent to another part of the model, [`OpenRoom::find`] borrows only its
    /// pieces.
    pub(in crate::app) fn open_room(&mut self) -> Option<OpenRoom<'_>> {
        OpenRoom::find(&mut self.rooms, &self.servers, self.navigation.current)
    }

    /// The rooms of a server, each with the server, to change them.
    pub(in crate::app) fn rooms_of(&mut self, server: ServerKey) -> impl Iterator<Item = (&mut Room, &Server)> {
        let of = self.servers.get(&server);
        let rooms = self.rooms.values_mut().filter(move |room| room.key.server == server);
        rooms.filter_map(move |room| Some((room, of?)))
    }

    /// Adds a room, unless it is known, with what an earlier run left for it.
    pub(in crate::app) fn add_room(&mut self, room_key: RoomKey, room: impl FnOnce() -> Room) {
        self.rooms.entry(room_key).or_insert_with(|| {
            let mut room = room();
            self.unclaimed.hand_over(&mut room, self.now);
            room
        });
    }
}
