//! Everything the screen knows, and the small steps that every part takes. Must not know the parts.

#![deny(clippy::disallowed_methods)]

use std::collections::{BTreeMap, HashMap};

use chat_proto::ids::{ClientKey, Seq};
use chat_proto::limits::Limits;
use chat_proto::request::Request;
use chat_proto::time::UnixMillis;

use crate::action::KeyContext;
use crate::app::parts::editor::Editor;
use crate::app::parts::input_history::InputHistory;
use crate::app::parts::overlays::Overlay;
use crate::app::parts::panes::Panes;
use crate::app::parts::rooms::pending_post::PendingPost;
use crate::app::parts::rooms::room::Room;
use crate::app::parts::server::Server;
use crate::app::state::completion::Completion;
use crate::app::state::effect::{Effect, StoredPost};
use crate::app::state::notice::Notice;
use crate::app::state::purpose::Purpose;
use crate::app::state::room_key::{RoomKey, ServerKey};
use crate::app::state::setup::Setup;
use crate::app::state::viewport::Viewport;
use crate::text::SafeText;

/// How long a notice is shown, in milliseconds.
const NOTICE_MS: u64 = 8_000;

/// The target of typed keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Focus {
    /// The input box.
    #[default]
    Composer,
    /// The selected message: keys act on it.
    Message(Seq),
}

/// Drafts and posts of an earlier run for rooms that are not known yet.
#[derive(Debug, Default)]
pub(in crate::app) struct Unclaimed {
    pub(in crate::app) drafts: BTreeMap<RoomKey, String>,
    pub(in crate::app) posts: Vec<StoredPost>,
}

/// Everything the screen knows.
#[derive(Debug)]
pub struct Model {
    /// Facts that do not change.
    pub setup: Setup,
    /// The servers.
    pub servers: BTreeMap<ServerKey, Server>,
    /// The account's rooms.
    pub rooms: BTreeMap<RoomKey, Room>,
    /// The open room.
    pub current: Option<RoomKey>,
    /// This machine's clock at the last message.
    pub now: UnixMillis,
    /// The target of typed keys.
    pub focus: Focus,
    /// The window over the screen.
    pub overlay: Option<Overlay>,
    /// Whether the terminal has the keyboard.
    pub has_focus: bool,
    /// The side panes the user wants to see.
    pub panes: Panes,
    /// A line for the user.
    pub notice: Option<Notice>,
    /// The parts of the last frame that later steps depend on.
    pub viewport: Viewport,
    /// A completion under way.
    pub completion: Option<Completion>,
    /// Texts sent before.
    pub history: InputHistory,
    /// The last deleted text, to be put back.
    pub(in crate::app) killed: String,
    /// The draft that an edit interrupted.
    pub(in crate::app) stashed: Editor,
    /// When the last key was pressed.
    pub(in crate::app) active_at: UnixMillis,
    /// Whether the servers know that nobody is at the keyboard.
    pub(in crate::app) is_away: bool,
    /// When "interrupt" was last pressed on an empty draft: twice in a row leaves the program.
    pub(in crate::app) interrupted_at: Option<UnixMillis>,
    /// The room to open once it is known.
    pub(in crate::app) room_to_open: Option<RoomKey>,
    /// Drafts and posts of an earlier run for rooms that are not known yet.
    pub(in crate::app) unclaimed: Unclaimed,
    /// When changes were last written to disk.
    pub(in crate::app) saved_at: UnixMillis,
    /// The requests in flight.
    pub(in crate::app) asks: HashMap<u64, (ServerKey, Purpose)>,
    next_ask: u64,
    next_key: u64,
    pub(in crate::app) effects: Vec<Effect>,
}

impl Model {
    /// A model that knows nothing yet.
    pub fn new(setup: Setup) -> Self {
        let servers = setup.servers.iter().zip(0u16..).map(|(label, key)| (ServerKey(key), Server::new(label)));
        Self {
            servers: servers.collect(),
            setup,
            rooms: BTreeMap::new(),
            current: None,
            now: UnixMillis(0),
            focus: Focus::Composer,
            overlay: None,
            has_focus: true,
            panes: Panes::default(),
            notice: None,
            viewport: Viewport::default(),
            completion: None,
            history: InputHistory::default(),
            killed: String::new(),
            stashed: Editor::default(),
            active_at: UnixMillis(0),
            is_away: false,
            interrupted_at: None,
            room_to_open: None,
            unclaimed: Unclaimed::default(),
            saved_at: UnixMillis(0),
            asks: HashMap::new(),
            next_ask: 1,
            next_key: 1,
            effects: Vec::new(),
        }
    }

    /// The context in which a key is looked up.
    pub fn key_context(&self) -> KeyContext {
        match (&self.overlay, self.focus) {
            (Some(_), _) => KeyContext::List,
            (None, Focus::Message(_)) => KeyContext::Messages,
            (None, Focus::Composer) => KeyContext::Composer,
        }
    }

    /// The open room.
    pub fn room(&self) -> Option<(RoomKey, &Room)> {
        let room_key = self.current?;
        self.rooms.get(&room_key).map(|room| (room_key, room))
    }

    /// The open room's server.
    pub fn server(&self) -> Option<&Server> {
        let key = self.current.map_or(ServerKey::FIRST, |room_key| room_key.server);
        self.servers.get(&key)
    }

    /// The rooms in the order of the list: by name, direct messages last.
    pub fn listed(&self) -> Vec<RoomKey> {
        let mut listed: Vec<_> =
            self.rooms.iter().map(|(room_key, room)| (room.is_direct(), self.title(*room_key), *room_key)).collect();
        listed.sort_by(|a, b| (a.0, a.1.as_str(), a.2).cmp(&(b.0, b.1.as_str(), b.2)));
        listed.into_iter().map(|(.., room_key)| room_key).collect()
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

    /// The limits of a server, as it published them last.
    pub(in crate::app) fn limits(&self, server: ServerKey) -> Limits {
        self.servers.get(&server).map_or_else(Limits::default, |server| server.limits.clone())
    }

    /// Whether a server takes requests.
    pub(in crate::app) fn is_ready(&self, server: ServerKey) -> bool {
        self.servers.get(&server).is_some_and(Server::is_ready)
    }

    /// The open room, mutable.
    pub(in crate::app) fn room_mut(&mut self) -> Option<&mut Room> {
        self.rooms.get_mut(&self.current?)
    }

    /// Adds a room, unless it is known, with what an earlier run left for it.
    pub(in crate::app) fn add_room(&mut self, room_key: RoomKey, room: impl FnOnce() -> Room) {
        if self.rooms.contains_key(&room_key) {
            return;
        }
        let mut room = room();
        if let Some(draft) = self.unclaimed.drafts.remove(&room_key) {
            room.writing.draft = Editor::with(draft);
        }
        let posts = self.unclaimed.posts.extract_if(.., |post| post.room_key == room_key);
        room.writing.pending.extend(posts.map(|post| PendingPost::restored(post, self.now)));
        self.rooms.insert(room_key, room);
    }

    pub(in crate::app) fn server_mut(&mut self, key: ServerKey) -> Option<&mut Server> {
        self.servers.get_mut(&key)
    }

    /// Sends a request; its answer is handled by `purpose`.
    pub(in crate::app) fn ask(&mut self, server: ServerKey, request: impl Into<Request>, purpose: Purpose) {
        let ask = self.next_ask;
        self.next_ask += 1;
        self.asks.insert(ask, (server, purpose));
        self.effects.push(Effect::Ask { server, ask, request: request.into() });
    }

    /// Sends a request whose answer is ignored.
    pub(in crate::app) fn ask_and_forget(&mut self, server: ServerKey, request: impl Into<Request>) {
        self.ask(server, request, Purpose::Nothing);
    }

    /// A key that no post of this account has used.
    pub(in crate::app) fn new_client_key(&mut self) -> ClientKey {
        let number = self.next_key;
        self.next_key += 1;
        let key = format!("t-{}-{number}", self.setup.key_token);
        key.parse().expect("invariant: the token is made of letters and digits")
    }

    /// Shows a notice.
    pub(in crate::app) fn show_info(&mut self, text: &str) {
        self.set_notice(text, false);
    }

    /// Shows an error, with what to do about it.
    pub(in crate::app) fn show_error(&mut self, text: &str) {
        self.set_notice(text, true);
    }

    pub(in crate::app) fn set_notice(&mut self, text: &str, is_error: bool) {
        let until = self.now.plus_ms(NOTICE_MS);
        self.notice = Some(Notice { text: SafeText::line(text), is_error, until });
    }
}
