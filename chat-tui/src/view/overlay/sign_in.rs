//! The form that asks for name and password. Must not know how a sign-in goes, and sees a password's length only.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::frame;
use crate::app::{Model, SignInField, SignInForm, SignInState, Target};
use crate::text::{width, wrap_words};
use crate::theme::{Role, Theme};
use crate::view::drawn::Drawn;
use crate::view::{draw, time};

/// Columns of the form, and of its labels.
const COLUMNS: u16 = 58;
const LABELS: u16 = 10;
/// Most rows of what is told, and the fewest.
const TOLD_ROWS: u16 = 3;

/// Draws the form: the server, the lines, the reason or the result. Blank rows between them are given up first.
pub(super) fn draw(
    model: &Model,
    theme: &Theme,
    area: Rect,
    (form, buffer, drawn): (&SignInForm, &mut Buffer, &mut Drawn),
) {
    let fields: Vec<_> = form.fields().collect();
    let rows = 1 + fields.len() as u16;
    let has_blanks = area.height >= rows + TOLD_ROWS + 5;
    let blanks = if has_blanks { 3 } else { 0 };
    let outer = frame::centre(area, COLUMNS, rows + TOLD_ROWS + blanks + 2);
    drawn.viewport.targets.push((draw::area(outer), Target::Overlay));
    let title = if form.is_new { "create an account" } else { "sign in" };
    let inner = frame::draw(theme, outer, (title, &hint(model, form, outer.width)), buffer);
    let mut rows = draw::rows(inner);
    let blank = |rows: &mut dyn Iterator<Item = Rect>| {
        if has_blanks {
            rows.next();
        }
    };
    if let Some(row) = rows.next() {
        draw::text(buffer, row, &server(model, form), theme.style(Role::OverlayTitle));
    }
    blank(&mut rows);
    for (index, field) in fields.into_iter().enumerate() {
        if field == SignInField::Switch {
            blank(&mut rows);
        }
        let Some(row) = rows.next() else { return };
        drawn.viewport.targets.push((draw::area(row), Target::ListLine(index)));
        draw_field(theme, (form, field), row, (buffer, drawn));
    }
    blank(&mut rows);
    let (text, role) = told(model, form);
    for (line, row) in wrap_words(&text, usize::from(inner.width).max(1)).into_iter().zip(rows) {
        draw::text(buffer, row, &text[line], theme.style(role));
    }
}

fn server(model: &Model, form: &SignInForm) -> String {
    let label = model.servers.get(&form.server).map(|server| server.label.as_str().to_owned());
    label.unwrap_or_default()
}

fn hint(model: &Model, form: &SignInForm, columns: u16) -> String {
    let enter = match (form.field, form.is_new) {
        (SignInField::Switch, _) => "change",
        (_, true) => "create",
        (_, false) => "sign in",
    };
    let esc = match (form.is_new, model.rooms.is_empty()) {
        (true, _) => "back",
        (false, true) => "quit",
        (false, false) => "later",
    };
    let tab = if columns < COLUMNS { "" } else { "Tab next · " };
    format!("{tab}Enter {enter} · Esc {esc}")
}

fn draw_field(
    theme: &Theme,
    (form, field): (&SignInForm, SignInField),
    row: Rect,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) {
    let is_chosen = form.field == field;
    let shown = form.shown(field);
    let label = match field {
        SignInField::Name => "name",
        SignInField::Password => "password",
        SignInField::Again => "again",
        SignInField::Code => "code",
        SignInField::Switch => {
            let style = theme.style(if is_chosen { Role::OverlaySelected } else { Role::OverlayDim });
            draw::text(buffer, row, &shown, style);
            return;
        }
    };
    draw::text(buffer, row, label, theme.style(if is_chosen { Role::OverlayKey } else { Role::OverlayDim }));
    let value = draw::after(row, LABELS);
    let style = theme.style(if is_chosen { Role::OverlaySelected } else { Role::Overlay });
    buffer.set_style(value, style);
    // The end of a long text is where one writes. One column is for the caret.
    let columns = usize::from(value.width.saturating_sub(1));
    let mut from = 0;
    while width(&shown[from..]) > columns {
        from += shown[from..].chars().next().map_or(1, char::len_utf8);
    }
    let used = draw::text(buffer, value, &shown[from..], style);
    if is_chosen {
        drawn.caret = Some(Position { x: (value.x + used).min(row.right().saturating_sub(1)), y: row.y });
    }
}

fn told(model: &Model, form: &SignInForm) -> (String, Role) {
    match &form.state {
        SignInState::Asking => (String::new(), Role::Overlay),
        SignInState::Waiting => ("signing in …".to_owned(), Role::OverlayDim),
        SignInState::Told { text, is_error, .. } => {
            let wait = form.retry_in_ms(model.now).map(|ms| format!(" Again in {}.", time::countdown(ms)));
            let role = if *is_error { Role::NoticeError } else { Role::NoticeInfo };
            (format!("{}{}", text.as_str(), wait.unwrap_or_default()), role)
        }
    }
}
