//! The table of actions. Must not know keys, screens or how an action is done. Pure.

#![deny(clippy::disallowed_methods)]

/// Where an action applies. A key is looked up in the present context, then in [`KeyContext::Everywhere`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyContext {
    /// In every context.
    Everywhere,
    /// While writing a message.
    Composer,
    /// While a message is selected.
    Messages,
    /// While choosing from a list.
    List,
}

impl KeyContext {
    /// All contexts, in the order help shows them.
    pub const ALL: [Self; 4] = [Self::Everywhere, Self::Composer, Self::Messages, Self::List];

    /// Returns its name in `keymap.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Everywhere => "everywhere",
            Self::Composer => "composer",
            Self::Messages => "messages",
            Self::List => "list",
        }
    }
}

/// A slash command: the text typed after `/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slash {
    /// The word after the slash.
    pub word: &'static str,
    /// Its arguments, as help shows them; empty if there are none.
    pub argument: &'static str,
}

/// One action with its names and help.
#[derive(Clone, Copy, Debug)]
pub struct ActionSpec {
    /// The action.
    pub action: Action,
    /// Its name in `keymap.toml`.
    pub name: &'static str,
    /// The context of its keys; `None` if it is only a slash command.
    pub context: Option<KeyContext>,
    /// Its slash command, if it has one.
    pub slash: Option<Slash>,
    /// One line of help.
    pub help: &'static str,
}

macro_rules! actions {
    ($($(#[$doc:meta])+ $group:ident($actions:ident) {
        $($variant:ident $name:literal, $context:expr, $slash:expr, $help:literal;)+
    })+) => {
        /// An action a person can take.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Action {
            $($(#[doc = $help] $variant,)+)+
        }

        /// An action by the part of the screen that does it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ActionGroup {
            $($(#[$doc])+ $group($actions),)+
        }

        $(
            $(#[$doc])+
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub enum $actions {
                $(#[doc = $help] $variant,)+
            }
        )+

        impl Action {
            /// The table, in the order help shows it.
            pub const TABLE: &'static [ActionSpec] = &[
                $($(ActionSpec { action: Self::$variant, name: $name, context: $context, slash: $slash, help: $help },)+)+
            ];

            /// The action by the part of the screen that does it.
            pub fn group(self) -> ActionGroup {
                match self {
                    $($(Self::$variant => ActionGroup::$group($actions::$variant),)+)+
                }
            }
        }
    };
}

const EVERYWHERE: Option<KeyContext> = Some(KeyContext::Everywhere);
const COMPOSER: Option<KeyContext> = Some(KeyContext::Composer);
const MESSAGES: Option<KeyContext> = Some(KeyContext::Messages);
const LIST: Option<KeyContext> = Some(KeyContext::List);

const fn slash(word: &'static str, argument: &'static str) -> Slash {
    Slash { word, argument }
}

actions! {
    /// Goes somewhere, or concerns the whole screen.
    Screen(ScreenAction) {
        Help "help", EVERYWHERE, Some(slash("help", "")), "Show the keys and commands";
        SwitchRoom "switch_room", EVERYWHERE, Some(slash("switch", "[WORDS]")), "Find a room and go there";
        NextUnread "next_unread", EVERYWHERE, None, "Go to the first unread message; then to the next room with one";
        NextMention "next_mention", EVERYWHERE, None, "Go to the next message that mentions you";
        NextRoom "next_room", EVERYWHERE, None, "Go to the room below in the list";
        PreviousRoom "previous_room", EVERYWHERE, None, "Go to the room above in the list";
        PageUp "page_up", EVERYWHERE, None, "Back by one screen";
        PageDown "page_down", EVERYWHERE, None, "Forward by one screen";
        ScrollUp "scroll_up", EVERYWHERE, None, "Back by three lines";
        ScrollDown "scroll_down", EVERYWHERE, None, "Forward by three lines";
        Oldest "oldest", EVERYWHERE, None, "To the oldest loaded message";
        Newest "newest", EVERYWHERE, None, "To the newest message";
        MarkRead "mark_read", EVERYWHERE, Some(slash("read", "")), "Mark the room as read";
        MarkAllRead "mark_all_read", EVERYWHERE, Some(slash("readall", "")), "Mark all rooms as read";
        MarkUnread "mark_unread", EVERYWHERE, Some(slash("unread", "")), "Mark as unread from the selected or last message on";
        ToggleRooms "toggle_rooms", EVERYWHERE, None, "Show or hide the rooms";
        TogglePeople "toggle_people", EVERYWHERE, None, "Show or hide people and trending words";
        Undo "undo", EVERYWHERE, Some(slash("undo", "")), "Take back a deletion (within 5 s), else the draft's last change";
        Redraw "redraw", EVERYWHERE, None, "Draw the whole screen again";
        Suspend "suspend", EVERYWHERE, None, "Back to the shell; fg returns";
        Quit "quit", EVERYWHERE, Some(slash("quit", "")), "Quit; unsent messages go out next time";
    }

    /// Changes or sends the draft.
    Writing(WritingAction) {
        Send "send", COMPOSER, None, "Send the message";
        Newline "newline", COMPOSER, None, "Begin a new line";
        Complete "complete", COMPOSER, None, "Complete a command, @person or #room; again for the next";
        CompleteBack "complete_back", COMPOSER, None, "The previous completion";
        Editor "editor", COMPOSER, Some(slash("editor", "")), "Write in $EDITOR";
        HistorySearch "history_search", COMPOSER, None, "Search the messages and commands you sent";
        HistoryPrevious "history_previous", COMPOSER, None, "The previous message you sent";
        HistoryNext "history_next", COMPOSER, None, "The next message you sent";
        CursorUp "cursor_up", COMPOSER, None, "Up a line; in the first line, your previous message";
        CursorDown "cursor_down", COMPOSER, None, "Down a line; in the last line, your next message";
        CursorLeft "cursor_left", COMPOSER, None, "Left";
        CursorRight "cursor_right", COMPOSER, None, "Right";
        WordLeft "word_left", COMPOSER, None, "Left by a word";
        WordRight "word_right", COMPOSER, None, "Right by a word";
        LineStart "line_start", COMPOSER, None, "To the line's beginning";
        LineEnd "line_end", COMPOSER, None, "To the line's end";
        DeleteLeft "delete_left", COMPOSER, None, "Delete to the left";
        DeleteRight "delete_right", COMPOSER, None, "Delete to the right";
        DeleteWordLeft "delete_word_left", COMPOSER, None, "Delete the word to the left";
        DeleteWordRight "delete_word_right", COMPOSER, None, "Delete the word to the right";
        DeleteToStart "delete_to_start", COMPOSER, None, "Delete to the line's beginning";
        DeleteToEnd "delete_to_end", COMPOSER, None, "Delete to the line's end";
        PutBack "put_back", COMPOSER, None, "Put back the last deleted text";
        Redo "redo", COMPOSER, None, "Make again what was undone";
        Cancel "cancel", COMPOSER, None, "Leave an edit or completion; else select messages";
        Interrupt "interrupt", COMPOSER, None, "Clear the line; press twice on an empty line to quit";
    }

    /// Concerns messages: the selected one, or those not sent.
    Message(MessageAction) {
        SelectUp "select_up", MESSAGES, None, "The message above";
        SelectDown "select_down", MESSAGES, None, "The message below";
        SelectGroupUp "select_group_up", MESSAGES, None, "The message above by someone else";
        SelectGroupDown "select_group_down", MESSAGES, None, "The message below by someone else";
        EditMessage "edit_message", MESSAGES, Some(slash("edit", "")), "Edit the selected message, or your last one";
        DeleteMessage "delete_message", MESSAGES, Some(slash("delete", "")), "Delete the selected message, or your last one";
        Versions "versions", MESSAGES, Some(slash("versions", "")), "Show earlier versions of the selected or last message";
        OpenLink "open_link", MESSAGES, Some(slash("open", "")), "Open the link of the selected message, or the newest link";
        CopyMessage "copy_message", MESSAGES, None, "Copy the text to the clipboard";
        Retry "retry", MESSAGES, Some(slash("retry", "")), "Send again what failed, and reconnect";
        Discard "discard", None, Some(slash("discard", "")), "Discard this room's unsent messages";
        Back "back", MESSAGES, None, "Back to writing";
    }

    /// Moves in a list, or closes it.
    List(ListAction) {
        ListUp "list_up", LIST, None, "The line above";
        ListDown "list_down", LIST, None, "The line below";
        ListPageUp "list_page_up", LIST, None, "Back by one page";
        ListPageDown "list_page_down", LIST, None, "Forward by one page";
        ListFirst "list_first", LIST, None, "To the first line";
        ListLast "list_last", LIST, None, "To the last line";
        Choose "choose", LIST, None, "Choose";
        Close "close", LIST, None, "Close";
    }

    /// Is typed as a slash command, with an argument.
    Command(CommandAction) {
        Join "join", None, Some(slash("join", "ROOM")), "Join a room";
        Create "create", None, Some(slash("create", "ROOM [TOPIC]")), "Make a room and join it";
        Leave "leave", None, Some(slash("leave", "")), "Leave this room";
        Topic "topic", None, Some(slash("topic", "[TEXT|-clear]")), "Show the topic, set it, or clear it for all";
        Describe "describe", None, Some(slash("describe", "[TEXT|-clear]")), "Show the description, set it, or clear it for all";
        SendEphemeral "send_ephemeral", None, Some(slash("ttl", "low|normal|high|30s TEXT")), "Send a message that expires";
        SendPersistent "send_persistent", None, Some(slash("keep", "TEXT")), "Send a persistent message, even in an ephemeral room";
        SendCode "send_code", None, Some(slash("code", "[LANG] TEXT")), "Send code, shown as written: /code rust …, /code:LANG … for any language";
        Online "online", None, Some(slash("online", "[TEXT]")), "Appear online, with an optional status";
        Away "away", None, Some(slash("away", "[TEXT]")), "Appear away, with an optional status";
        Dnd "dnd", None, Some(slash("dnd", "[TEXT]")), "Do not disturb, with an optional status";
        Rsvp "rsvp", None, Some(slash("rsvp", "attending|interested|none")), "Set your RSVP for this room";
        Who "who", None, Some(slash("who", "")), "List the people of this room";
        Info "info", None, Some(slash("info", "")), "Show the details of this room";
        Theme "theme", None, Some(slash("theme", "auto|dark|light|FILE")), "Change the colours, and keep them for the next start";
    }
}

impl Action {
    /// Returns its row in the table.
    pub fn spec(self) -> &'static ActionSpec {
        Self::TABLE.iter().find(|spec| spec.action == self).expect("invariant: the table is made with the enum")
    }

    /// Returns the action with this name in a context.
    pub fn named(name: &str) -> Option<Self> {
        Self::TABLE.iter().find(|spec| spec.name == name).map(|spec| spec.action)
    }

    /// Returns the action of a slash command.
    pub fn commanded(word: &str) -> Option<Self> {
        let is_it = |spec: &&ActionSpec| spec.slash.is_some_and(|slash| slash.word == word);
        Self::TABLE.iter().find(is_it).map(|spec| spec.action)
    }
}

impl Action {
    /// Returns the action of the only slash command that begins like this.
    pub fn abbreviated(word: &str) -> Option<Self> {
        let begins = |spec: &&ActionSpec| spec.slash.is_some_and(|slash| slash.word.starts_with(word));
        let mut found = Self::TABLE.iter().filter(begins);
        found.next().filter(|_| found.next().is_none()).map(|spec| spec.action)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_commands_are_unique() {
        let names: BTreeSet<_> = Action::TABLE.iter().map(|spec| spec.name).collect();
        assert_eq!(names.len(), Action::TABLE.len());
        let words: Vec<_> = Action::TABLE.iter().filter_map(|spec| spec.slash).map(|slash| slash.word).collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
    }

    #[test]
    fn every_action_can_be_reached() {
        for spec in Action::TABLE {
            assert!(spec.context.is_some() || spec.slash.is_some(), "{}", spec.name);
        }
    }
}
