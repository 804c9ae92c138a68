//! Does what the app wants done.

use crate::app::{Effect, Msg, Refusal, ServerKey};
use crate::cache::Cache;
use crate::net::{LinkCommand, LinkHandle};
use crate::terminal::{self, Capabilities};
use crate::text::SafeText;
use crate::theme::{Depth, Theme};

use super::options::Notifies;

/// What only the loop itself can do.
#[derive(Debug)]
pub(super) enum Step {
    /// Let the person write.
    Editor(String),
    /// Back to the shell for a while.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// Leave.
    Quit,
}

/// What effects are done with.
#[derive(Debug)]
pub(super) struct EffectRunner {
    pub(super) link: LinkHandle,
    pub(super) cache: Option<Cache>,
    pub(super) capabilities: Capabilities,
    pub(super) notifies: Notifies,
    pub(super) depth: Depth,
    pub(super) theme: Theme,
}

/// What came of an effect.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// To tell the app.
    pub(super) msgs: Vec<Msg>,
    /// To be done by the loop.
    pub(super) steps: Vec<Step>,
}

impl EffectRunner {
    /// Does one thing.
    pub(super) fn perform(&mut self, effect: Effect, outcome: &mut Outcome) {
        match effect {
            Effect::Hello { resume, .. } => drop(self.link.send(LinkCommand::Hello(resume))),
            Effect::Ask { server, ask, request } => self.ask(server, (ask, request), outcome),
            Effect::RetryLink(_) => drop(self.link.send(LinkCommand::Retry)),
            Effect::Persist(_, op) => self.persist(op, outcome),
            Effect::OpenEditor(text) => outcome.steps.push(Step::Editor(text)),
            Effect::Suspend => outcome.steps.push(Step::Suspend),
            Effect::Redraw => outcome.steps.push(Step::Redraw),
            Effect::Copy(text) => drop(terminal::clipboard(self.capabilities, &text)),
            Effect::Notify { title, body } => self.notify(&title, &body),
            Effect::Theme(name) => self.change_theme(&name, outcome),
            Effect::Quit => outcome.steps.push(Step::Quit),
        }
    }

    fn ask(&self, server: ServerKey, (ask, request): (u64, chat_proto::request::Request), outcome: &mut Outcome) {
        if self.link.send(LinkCommand::Ask { ask, request }).is_err() {
            let result = Box::new(Err(Refusal::Disconnected));
            outcome.msgs.push(Msg::Link(server, crate::app::LinkMsg::Answer { ask, result }));
        }
    }

    /// Without a cache everything works but restarts; posts are sent without having been kept.
    fn persist(&self, op: crate::app::PersistOp, outcome: &mut Outcome) {
        match (&self.cache, op) {
            (Some(cache), op) => cache.persist(op),
            (None, crate::app::PersistOp::StorePost(post)) => outcome.msgs.push(Msg::Stored(post.key)),
            (None, _) => {}
        }
    }

    fn notify(&self, title: &SafeText, body: &SafeText) {
        // A terminal that cannot be written to ends the loop elsewhere.
        match self.notifies {
            Notifies::Never => {}
            Notifies::Bell => drop(terminal::bell()),
            Notifies::Terminal => drop(terminal::notification(self.capabilities, title, body)),
        }
    }

    fn change_theme(&mut self, name: &str, outcome: &mut Outcome) {
        match Theme::load(name, self.depth) {
            Ok(theme) => {
                self.theme = theme;
                outcome.steps.push(Step::Redraw);
            }
            Err(error) => outcome.msgs.push(Msg::Notice { text: error.to_string(), is_error: true }),
        }
    }
}
