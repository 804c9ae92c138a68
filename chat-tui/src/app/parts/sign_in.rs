//! The form that asks for name and password, for an account or for a new one. Must not know how a sign-in travels, or when
//! the form opens.

#![deny(clippy::disallowed_methods)]

use chat_proto::client_frame::Auth;
use chat_proto::error::{ErrorBody, ErrorCode};
use chat_proto::text::Username;
use chat_proto::time::UnixMillis;

use super::deletion::Deletion;
use super::editor::Editor;
use super::outcomes::Outcomes;
use crate::app::state::effect::Effect;
use crate::app::state::room_key::ServerKey;
use crate::argument::sentence;
use crate::link_event::NetError;
use crate::text::{SafeText, is_unsafe};

/// The server makes accounts only with a code.
const CODE_NEEDED: &str = "a code is needed: an invitation, or the server's setup code";
/// It did not take the one that was given.
const CODE_REFUSED: &str = "the server does not take this code";

/// A line of the form that keys can go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInField {
    /// The account's name.
    Name,
    /// Its password.
    Password,
    /// A new account's password, once more.
    Again,
    /// The code for a new account, if the server has asked for one.
    Code,
    /// Changes between an account and a new one.
    Switch,
}

/// How far the sign-in has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInState {
    /// The user fills the form in.
    Asking,
    /// The server is asked.
    Waiting,
    /// It came to nothing, or the form says why it is there.
    Told {
        /// The reason.
        text: SafeText,
        /// Whether something went wrong.
        is_error: bool,
        /// When the server takes the next try, by this machine's clock.
        retry_at: Option<UnixMillis>,
    },
}

/// A text that is neither shown nor printed.
#[derive(Clone, Default)]
struct Secret(Editor);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// The form.
#[derive(Clone, Debug)]
pub struct SignInForm {
    /// The server.
    pub server: ServerKey,
    /// Whether an account is to be made.
    pub is_new: bool,
    /// The line that typed keys go to.
    pub field: SignInField,
    /// How far the sign-in has come.
    pub state: SignInState,
    name: Editor,
    password: Secret,
    again: Secret,
    code: Editor,
    asks_code: bool,
}

impl SignInForm {
    /// A form for an account whose name may be known; `why` the server wants a sign-in.
    pub(in crate::app) fn new(server: ServerKey, name: Option<&str>, why: &NetError) -> Self {
        let text = match why {
            NetError::SignedOut => Some("You were signed out. Your drafts are kept.".to_owned()),
            NetError::Refused(body) if body.code == ErrorCode::AuthFailed => {
                Some("Your former sign-in has ended.".to_owned())
            }
            NetError::Refused(body) => Some(sentence(&body.message)),
            NetError::SignInNeeded
            | NetError::Unreachable { .. }
            | NetError::NotAChatServer { .. }
            | NetError::Untrusted { .. }
            | NetError::Closed { .. } => None,
        };
        let told = |text: String| SignInState::Told { text: SafeText::line(&text), is_error: false, retry_at: None };
        Self {
            server,
            is_new: false,
            field: if name.is_some() { SignInField::Password } else { SignInField::Name },
            state: text.map_or(SignInState::Asking, told),
            name: Editor::with(name.unwrap_or_default()),
            password: Secret::default(),
            again: Secret::default(),
            code: Editor::default(),
            asks_code: false,
        }
    }

    /// Its lines, from the top.
    pub fn fields(&self) -> impl Iterator<Item = SignInField> {
        use SignInField::{Again, Code, Name, Password, Switch};
        let (is_new, asks_code) = (self.is_new, self.asks_code);
        [Name, Password, Again, Code, Switch].into_iter().filter(move |field| match field {
            Name | Password | Switch => true,
            Again => is_new,
            Code => is_new && asks_code,
        })
    }

    /// The content of a line as it may be seen: of a password, only its length.
    pub fn shown(&self, field: SignInField) -> String {
        match field {
            SignInField::Name | SignInField::Code => self.text(field).to_owned(),
            SignInField::Password | SignInField::Again => "•".repeat(self.text(field).chars().count()),
            SignInField::Switch if self.is_new => "I have an account: sign in".to_owned(),
            SignInField::Switch => "No account yet? Create one".to_owned(),
        }
    }

    fn text(&self, field: SignInField) -> &str {
        match field {
            SignInField::Name => self.name.text(),
            SignInField::Password => self.password.0.text(),
            SignInField::Again => self.again.0.text(),
            SignInField::Code => self.code.text(),
            SignInField::Switch => "",
        }
    }

    fn editor(&mut self, field: SignInField) -> Option<&mut Editor> {
        match field {
            SignInField::Name => Some(&mut self.name),
            SignInField::Password => Some(&mut self.password.0),
            SignInField::Again => Some(&mut self.again.0),
            SignInField::Code => Some(&mut self.code),
            SignInField::Switch => None,
        }
    }

    /// Goes on by lines, round at both ends.
    pub(in crate::app) fn step(&mut self, step: isize) {
        let fields: Vec<_> = self.fields().collect();
        let at = fields.iter().position(|field| *field == self.field).unwrap_or(0);
        self.field = fields[(at + fields.len()).wrapping_add_signed(step) % fields.len()];
    }

    /// Goes to the first line, or to the last.
    pub(in crate::app) fn go_to_end(&mut self, is_last: bool) {
        self.field = if is_last { SignInField::Switch } else { SignInField::Name };
    }

    /// A character was typed.
    pub(in crate::app) fn on_typed(&mut self, c: char) {
        if is_unsafe(c) || c.is_control() {
            return;
        }
        self.edit(|editor| editor.insert(c.encode_utf8(&mut [0; 4])));
    }

    /// Deletes from the present line. Nothing of it can be put back elsewhere.
    pub(in crate::app) fn delete(&mut self, deletion: Deletion) {
        self.edit(|editor| drop(deletion(editor)));
    }

    fn edit(&mut self, change: impl FnOnce(&mut Editor)) {
        if self.state == SignInState::Waiting {
            return;
        }
        if let Some(editor) = self.editor(self.field) {
            change(editor);
        }
    }

    /// Takes the present line: goes on to the first that is empty, or asks the server.
    pub(in crate::app) fn choose(&mut self, now: UnixMillis, out: &mut Outcomes) {
        if self.state == SignInState::Waiting || self.next_tick(now).is_some() {
            return;
        }
        if self.field == SignInField::Switch {
            return self.switch();
        }
        let empty = |field: &SignInField| *field != SignInField::Switch && self.text(*field).is_empty();
        let empty = self.fields().find(empty);
        match empty {
            Some(empty) => self.field = empty,
            None => self.submit(out),
        }
    }

    /// Takes a clicked line.
    pub(in crate::app) fn choose_line(&mut self, line: usize) {
        let Some(field) = self.fields().nth(line) else { return };
        self.field = field;
        if field == SignInField::Switch && self.state != SignInState::Waiting {
            self.switch();
        }
    }

    /// Changes between an account and a new one.
    pub(in crate::app) fn switch(&mut self) {
        self.is_new = !self.is_new;
        self.state = SignInState::Asking;
        let is_named = !self.name.is_empty();
        self.field = if is_named { SignInField::Password } else { SignInField::Name };
    }

    fn submit(&mut self, out: &mut Outcomes) {
        let name = match self.name.text().trim().parse::<Username>() {
            Ok(name) => name,
            Err(error) => return self.tell(&error.to_string(), SignInField::Name),
        };
        let password = self.password.0.text().to_owned();
        if self.is_new && self.again.0.text() != password {
            self.again = Secret::default();
            return self.tell("the passwords differ", SignInField::Again);
        }
        let code = Some(self.code.text().trim().to_owned()).filter(|code| self.asks_code && !code.is_empty());
        let auth =
            if self.is_new { Auth::Register { name, password, code } } else { Auth::Password { name, password } };
        self.state = SignInState::Waiting;
        out.effect(Effect::SignIn { server: self.server, auth });
    }

    fn tell(&mut self, text: &str, field: SignInField) {
        let text = SafeText::line(&sentence(text));
        self.state = SignInState::Told { text, is_error: true, retry_at: None };
        self.field = field;
    }

    /// The try came to nothing.
    pub(in crate::app) fn fail(&mut self, error: &NetError, now: UnixMillis) {
        match error {
            NetError::Refused(body) => self.on_refused(body),
            NetError::Unreachable { .. }
            | NetError::NotAChatServer { .. }
            | NetError::Untrusted { .. }
            | NetError::Closed { .. }
            | NetError::SignInNeeded
            | NetError::SignedOut => self.tell(&error.to_string(), self.field),
        }
        if let (NetError::Refused(body), SignInState::Told { retry_at, .. }) = (error, &mut self.state) {
            *retry_at = body.retry_after_ms.map(|ms| now.plus_ms(ms));
        }
    }

    fn on_refused(&mut self, body: &ErrorBody) {
        if body.code == ErrorCode::AuthFailed {
            self.password = Secret::default();
            return self.tell("wrong name or password", SignInField::Password);
        }
        if body.code == ErrorCode::RegistrationClosed && self.is_new {
            let had_code = self.asks_code && !self.code.is_empty();
            self.asks_code = true;
            return self.tell(if had_code { CODE_REFUSED } else { CODE_NEEDED }, SignInField::Code);
        }
        let field = match body.field.as_deref() {
            Some("auth.name") => SignInField::Name,
            Some("password" | "auth.password") => SignInField::Password,
            Some(_) | None if body.code == ErrorCode::NameTaken => SignInField::Name,
            Some(_) | None => self.field,
        };
        self.tell(&body.message, field);
    }

    /// The seconds until the server takes the next try, if it has named them.
    pub fn retry_in_ms(&self, now: UnixMillis) -> Option<u64> {
        match &self.state {
            SignInState::Told { retry_at: Some(at), .. } if *at > now => Some(at.since_ms(now)),
            SignInState::Told { .. } | SignInState::Asking | SignInState::Waiting => None,
        }
    }

    /// When the shown countdown changes; `None` if there is none.
    pub(in crate::app) fn next_tick(&self, now: UnixMillis) -> Option<UnixMillis> {
        self.retry_in_ms(now).map(|left| now.plus_ms(left.min(1_000)))
    }
}
