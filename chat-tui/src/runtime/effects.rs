//! Carries out the app's effects: on the link, the cache and the terminal. Must not decide which.

use crate::app::{Effect, Msg, ServerKey};
use crate::cache::Cache;
use crate::link_event::{CallError, LinkEvent};
use crate::net::{LinkCommand, LinkHandle};
use crate::terminal::{self, Capabilities};
use crate::text::SafeText;

use super::link_opener::{LinkOpener, NotOpened};
use super::look::Look;
use super::options::{KeepSignIn, Notifies};

/// An effect that only the loop can carry out.
#[derive(Debug)]
pub(super) enum Step {
    /// Open the person's editor with this text.
    Editor(String),
    /// Stop for a while and return to the shell.
    Suspend,
    /// Draw the whole screen again.
    Redraw,
    /// End the program.
    Quit,
}

/// The parts that effects are carried out with.
#[derive(Debug)]
pub(super) struct EffectRunner {
    pub(super) link: LinkHandle,
    pub(super) cache: Option<Cache>,
    pub(super) capabilities: Capabilities,
    pub(super) notifies: Notifies,
    pub(super) look: Look,
    pub(super) opener: LinkOpener,
    pub(super) keep_sign_in: KeepSignIn,
}

/// The results of an effect.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Messages for the app.
    pub(super) msgs: Vec<Msg>,
    /// Steps for the loop.
    pub(super) steps: Vec<Step>,
}

impl EffectRunner {
    /// Carries out one effect.
    pub(super) fn perform(&mut self, effect: Effect, outcome: &mut Outcome) {
        match effect {
            Effect::Hello { resume, .. } => drop(self.link.send(LinkCommand::Hello(resume))),
            Effect::Ask { server, ask, request } => self.ask(server, (ask, request), outcome),
            Effect::SignIn { auth, .. } => drop(self.link.send(LinkCommand::SignIn(auth))),
            Effect::RetryLink(_) => drop(self.link.send(LinkCommand::Retry)),
            Effect::Persist(_, op) => self.persist(op, outcome),
            Effect::OpenEditor(text) => outcome.steps.push(Step::Editor(text)),
            Effect::Suspend => outcome.steps.push(Step::Suspend),
            Effect::Redraw => outcome.steps.push(Step::Redraw),
            Effect::Copy(text) => drop(terminal::clipboard(self.capabilities, &text)),
            Effect::OpenLink(link) => self.open_link(&link, outcome),
            Effect::Notify { title, body } => self.notify(&title, &body),
            Effect::Theme(name) => self.change_theme(&name, outcome),
            Effect::Quit => outcome.steps.push(Step::Quit),
        }
    }

    /// Keeps a sign-in that has succeeded for the next start. Returns a notice if that fails.
    pub(super) fn keep_sign_in(&mut self, event: &LinkEvent) -> Option<Msg> {
        let LinkEvent::Welcome(welcome) = event else { return None };
        let kept = (self.keep_sign_in.0)(welcome.user.name.as_str(), welcome.token.as_deref());
        kept.err().map(|text| Msg::Notice { text, is_error: true })
    }

    fn ask(&self, server: ServerKey, (ask, request): (u64, chat_proto::request::Request), outcome: &mut Outcome) {
        if self.link.send(LinkCommand::Ask { ask, request }).is_err() {
            let result = Box::new(Err(CallError::Disconnected));
            outcome.msgs.push(Msg::Link(server, LinkEvent::Answer { ask, result }));
        }
    }

    /// Without a cache, everything works but restarts: posts are sent without being stored first.
    fn persist(&self, op: crate::app::PersistOp, outcome: &mut Outcome) {
        match (&self.cache, op) {
            (Some(cache), op) => cache.persist(op),
            (None, crate::app::PersistOp::StorePost(post)) => outcome.msgs.push(Msg::Stored(post.key)),
            (None, _) => {}
        }
    }

    fn open_link(&mut self, link: &str, outcome: &mut Outcome) {
        match self.opener.open(link) {
            Ok(()) => outcome.msgs.push(Msg::Notice { text: format!("Opening {link}"), is_error: false }),
            Err(not_opened) => outcome.msgs.push(self.copy_instead(&not_opened)),
        }
    }

    /// Copies a link that could not be opened. Returns the notice that says so.
    pub(super) fn copy_instead(&self, NotOpened { link, reason, is_error }: &NotOpened) -> Msg {
        drop(terminal::clipboard(self.capabilities, link));
        Msg::Notice { text: format!("Copied {link}: {reason}."), is_error: *is_error }
    }

    fn notify(&self, title: &SafeText, body: &SafeText) {
        // If the terminal cannot be written to, drawing fails too and ends the loop.
        match self.notifies {
            Notifies::Never => {}
            Notifies::Bell => drop(terminal::bell()),
            Notifies::Terminal => drop(terminal::notification(self.capabilities.notification, title, body)),
        }
    }

    fn change_theme(&mut self, name: &str, outcome: &mut Outcome) {
        match self.look.change(name) {
            Ok(notice) => {
                outcome.steps.push(Step::Redraw);
                outcome.msgs.extend(notice.map(|text| Msg::Notice { text, is_error: false }));
            }
            Err(text) => outcome.msgs.push(Msg::Notice { text, is_error: true }),
        }
    }
}
