//! Which items of a room are printed: by author, text, kind and time. Must not know where items come from.

use chat_proto::ids::UserId;
use chat_proto::message::{Content, Item, JoinRun};
use chat_proto::request::Resolve;
use chat_proto::text::Username;
use chat_proto::time::UnixMillis;
use clap::Args;
use regex::Regex;

use crate::argument::{Moment, person_name};
use crate::cli::exit::CliError;
use crate::cli::session::CliSession;

/// The flags that choose items.
#[derive(Args, Debug)]
pub(in crate::cli) struct FilterArgs {
    /// Print only items of this person; may be repeated.
    #[arg(long, value_name = "NAME", value_parser = person_name)]
    from: Vec<Username>,
    /// Print only messages that match this regular expression, anywhere in the text unless it is anchored.
    #[arg(long = "match", value_name = "RE")]
    pattern: Option<Regex>,
    /// Print only messages: no joins, topics, edits or deletions.
    #[arg(long)]
    messages_only: bool,
    /// Print nothing after this moment: 1h (ago), 14:05, 2026-11-20.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<Moment>,
}

/// Which items are printed.
#[derive(Clone, Debug, Default)]
pub(super) struct ItemFilter {
    /// Only of these people; of all if it is empty.
    authors: Vec<UserId>,
    pattern: Option<Regex>,
    has_only_messages: bool,
    /// Only messages that name this account.
    mentioned: Option<UserId>,
    /// Nothing after this moment.
    until: Option<UnixMillis>,
}

impl ItemFilter {
    /// Reads the flags; asks the server for the accounts.
    ///
    /// # Errors
    /// Exit 5 if an account does not exist.
    pub(super) async fn new(args: &FilterArgs, session: &CliSession) -> Result<Self, CliError> {
        let now = jiff::Zoned::now();
        Ok(Self {
            authors: accounts(&args.from, session).await?,
            pattern: args.pattern.clone(),
            has_only_messages: args.messages_only,
            mentioned: None,
            until: args.until.as_ref().map(|until| until.end(&now)).transpose().map_err(CliError::usage)?,
        })
    }

    /// The same filter, for messages that name this account.
    #[must_use]
    pub(super) fn mentioning(self, account: UserId) -> Self {
        Self { mentioned: Some(account), ..self }
    }

    /// The moment after which nothing is printed.
    pub(super) fn until(&self) -> Option<UnixMillis> {
        self.until
    }

    /// Whether every item is printed.
    pub(super) fn takes_all(&self) -> bool {
        let Self { authors, pattern, has_only_messages, mentioned, until } = self;
        authors.is_empty() && pattern.is_none() && !has_only_messages && mentioned.is_none() && until.is_none()
    }

    /// Returns whether joins and leaves between two items are printed.
    pub(super) fn takes_joins(&self, run: &JoinRun) -> bool {
        let is_of_all = self.authors.is_empty() && self.pattern.is_none() && self.mentioned.is_none();
        is_of_all && !self.has_only_messages && self.until.is_none_or(|until| run.at <= until)
    }

    /// Returns whether an item is printed; `is_change` if it comes because it changed after it was printed.
    pub(super) fn takes(&self, item: &Item, is_change: bool) -> bool {
        let is_by = self.authors.is_empty() || self.authors.contains(&item.by);
        let is_in_time = self.until.is_none_or(|until| item.at <= until);
        let message = match &item.content {
            Content::Message(message) => Some(message),
            Content::Deleted { .. }
            | Content::Expired { .. }
            | Content::Damaged
            | Content::Join
            | Content::Leave
            | Content::Topic { .. }
            | Content::Description { .. }
            | Content::Renamed { .. }
            | Content::Rsvp { .. } => None,
        };
        let is_kind = !self.has_only_messages || (message.is_some() && !is_change);
        let says = |pattern: &Regex| message.is_some_and(|message| pattern.is_match(message.body.as_str()));
        let names = |account: UserId| message.is_some_and(|message| message.mentions.contains(&account));
        is_by && is_in_time && is_kind && self.pattern.as_ref().is_none_or(says) && self.mentioned.is_none_or(names)
    }
}

/// Returns the accounts with these names.
pub(super) async fn accounts(names: &[Username], session: &CliSession) -> Result<Vec<UserId>, CliError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let found = session.call(&Resolve { rooms: Vec::new(), users: names.to_vec() }).await?;
    let id_of = |name: &Username| found.users.iter().find(|user| user.name == *name).map(|user| user.id);
    let missing = |name| CliError::not_found(format!("there is no account named {name}; list people with `chat who`"));
    names.iter().map(|name| id_of(name).ok_or_else(|| missing(name))).collect()
}

#[cfg(test)]
mod tests {
    use chat_proto::ids::Seq;
    use chat_proto::message::Message;

    use super::*;

    fn item(by: u64, at: i64, content: Content) -> Item {
        Item { seq: Seq(1), changed: Seq(1), at: UnixMillis(at), by: UserId(by), content }
    }

    #[test]
    fn a_filter_takes_what_all_its_parts_take() {
        let message = |text: &str| Content::Message(Message::plain(text.parse().expect("a body")));
        let all = ItemFilter::default();
        assert!(all.takes_all() && all.takes(&item(1, 0, Content::Join), false));
        let by = ItemFilter { authors: vec![UserId(2)], ..ItemFilter::default() };
        assert!(by.takes(&item(2, 0, Content::Join), false) && !by.takes(&item(1, 0, Content::Join), false));
        let pattern = Some(Regex::new("^done").expect("a pattern"));
        let done = ItemFilter { pattern, until: Some(UnixMillis(5)), ..by };
        assert!(done.takes(&item(2, 5, message("done it")), false));
        assert!(!done.takes(&item(2, 6, message("done it")), false), "too late");
        assert!(!done.takes(&item(2, 5, message("not done")), false) && !done.takes(&item(2, 5, Content::Join), false));
        let only = ItemFilter { has_only_messages: true, ..ItemFilter::default() };
        assert!(only.takes(&item(1, 0, message("x")), false) && !only.takes(&item(1, 0, message("x")), true));
        assert!(!ItemFilter::default().mentioning(UserId(7)).takes(&item(1, 0, message("@ana")), false));
    }
}
