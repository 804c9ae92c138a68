//! The roles a theme can style. A role missing from a theme looks like its parent, the name before its last dot. Pure;
//! must not know colours.

#![deny(clippy::disallowed_methods)]

macro_rules! roles {
    ($($variant:ident = $name:literal;)+) => {
        /// A thing on the screen, named for its meaning.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Role {
            $(#[doc = concat!("`", $name, "`.")] $variant,)+
        }

        impl Role {
            /// All roles.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Returns the role's name in a theme file.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

roles! {
    Text = "text";
    TextDim = "text.dim";
    TextFaint = "text.faint";
    TextStrong = "text.strong";
    Border = "border";
    PaneTitle = "pane.title";
    Room = "room";
    RoomCurrent = "room.current";
    RoomUnread = "room.unread";
    RoomMark = "room.mark";
    BadgeUnread = "badge.unread";
    BadgeMention = "badge.mention";
    Bar = "bar";
    BarRoom = "bar.room";
    BarTopic = "bar.topic";
    LinkGood = "link.good";
    LinkSlow = "link.slow";
    LinkDown = "link.down";
    MessageTime = "message.time";
    MessageAuthor = "message.author";
    MessageAuthorSelf = "message.author.self";
    MessageBody = "message.body";
    MessageSelected = "message.selected";
    MessagePending = "message.pending";
    MessageFailed = "message.failed";
    MessageNote = "message.note";
    MessageEvent = "message.event";
    MessageCountdown = "message.countdown";
    MessageMentionsYou = "message.mentions_you";
    InlineLink = "inline.link";
    InlinePerson = "inline.person";
    InlineSelf = "inline.self";
    InlineRoom = "inline.room";
    InlineCode = "inline.code";
    Code = "code";
    CodeMark = "code.mark";
    SeparatorDay = "separator.day";
    SeparatorNew = "separator.new";
    MoreBelow = "more_below";
    PresenceOnline = "presence.online";
    PresenceAway = "presence.away";
    PresenceDnd = "presence.dnd";
    PresenceOffline = "presence.offline";
    Topic = "topic";
    Typing = "typing";
    ComposerPrompt = "composer.prompt";
    ComposerText = "composer.text";
    ComposerHint = "composer.hint";
    ComposerMode = "composer.mode";
    NoticeInfo = "notice.info";
    NoticeError = "notice.error";
    Overlay = "overlay";
    OverlayBorder = "overlay.border";
    OverlayTitle = "overlay.title";
    OverlaySelected = "overlay.selected";
    OverlayMatch = "overlay.match";
    OverlayKey = "overlay.key";
    OverlayDim = "overlay.dim";
}
