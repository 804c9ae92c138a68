//! Opens and closes the form that asks for a sign-in, and brings it the keys while it is open. Must not know its lines.

#![deny(clippy::disallowed_methods)]

use chat_proto::error::ErrorCode;

use super::model::Model;
use crate::action::{Action, ActionGroup, ListAction, ScreenAction};
use crate::app::parts::deletion::deletion;
use crate::app::parts::outcomes::Outcomes;
use crate::app::parts::server::LinkState;
use crate::app::parts::sign_in::{SignInForm, SignInState};
use crate::app::state::outcome::Outcome;
use crate::app::state::room_key::ServerKey;
use crate::link_event::NetError;
use crate::text::SafeText;

impl Model {
    /// Whether typed keys go to the form: help may lie over it.
    pub(in crate::app) fn is_asked_to_sign_in(&self) -> bool {
        self.sign_in.is_some() && self.overlays.open.is_none()
    }
}

/// A link has stopped. Returns the state it is in: a sign-in may help, or not.
pub fn on_stopped(model: &mut Model, key: ServerKey, error: &NetError) -> LinkState {
    let (now, reason) = (model.now, SafeText::line(&error.to_string()));
    match model.sign_in.as_mut().filter(|form| form.server == key && form.state == SignInState::Waiting) {
        Some(form) => form.fail(error, now),
        None if is_wanted(error) => open(model, key, error),
        None => return LinkState::Denied { reason },
    }
    LinkState::SignedOut { reason }
}

/// Whether another sign-in may help.
fn is_wanted(error: &NetError) -> bool {
    match error {
        NetError::SignInNeeded | NetError::SignedOut => true,
        NetError::Refused(body) => {
            [ErrorCode::AuthRequired, ErrorCode::AuthFailed, ErrorCode::RegistrationClosed].contains(&body.code)
        }
        NetError::Unreachable { .. }
        | NetError::NotAChatServer { .. }
        | NetError::Untrusted { .. }
        | NetError::Closed { .. } => false,
    }
}

/// Asks for a sign-in, with the name of the account that was signed in last.
pub fn open(model: &mut Model, key: ServerKey, why: &NetError) {
    let me = model.servers.get(&key).and_then(|server| server.me.as_ref());
    let name = me.map(|me| me.name.to_string());
    model.composer.completing.stop();
    model.sign_in = Some(SignInForm::new(key, name.as_deref(), why));
}

/// Takes an action while the form has the keys. Returns whether it was for the form, or for nobody.
pub fn act(model: &mut Model, action: Action, out: &mut Outcomes) -> bool {
    let now = model.now;
    let Some(form) = model.sign_in.as_mut().filter(|_| model.overlays.open.is_none()) else { return false };
    match action.group() {
        ActionGroup::Screen(ScreenAction::Help | ScreenAction::Redraw | ScreenAction::Suspend | ScreenAction::Quit) => {
            return false;
        }
        ActionGroup::List(ListAction::Close) => close(model, out),
        ActionGroup::List(ListAction::ListUp) => form.step(-1),
        ActionGroup::List(ListAction::ListDown) => form.step(1),
        ActionGroup::List(ListAction::ListFirst | ListAction::ListPageUp) => form.go_to_end(false),
        ActionGroup::List(ListAction::ListLast | ListAction::ListPageDown) => form.go_to_end(true),
        ActionGroup::List(ListAction::Choose) => form.choose(now, out),
        ActionGroup::Writing(action) => {
            if let Some(deletion) = deletion(action) {
                form.delete(deletion);
            }
        }
        ActionGroup::Screen(_) | ActionGroup::Message(_) | ActionGroup::Command(_) => {}
    }
    true
}

/// A new account is not wanted after all; else the form closes. Where nothing is behind it, the program ends.
fn close(model: &mut Model, out: &mut Outcomes) {
    if let Some(form) = model.sign_in.as_mut().filter(|form| form.is_new) {
        return form.switch();
    }
    if model.rooms.is_empty() {
        return out.push(Outcome::Quit);
    }
    model.sign_in = None;
    out.show_info("Not signed in: nothing arrives, and nothing is sent. /retry asks again.");
}
