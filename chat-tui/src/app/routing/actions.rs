//! Brings an action to the part that does it. Must not do it itself.

#![deny(clippy::disallowed_methods)]

use crate::action::{Action, ActionGroup, ScreenAction};
use crate::app::model::Model;
use crate::app::parts::{commands, composer, navigation, overlay, reading, scrolling, selection};
use crate::app::state::effect::Effect;
use crate::app::state::outcome::Outcome;
use crate::app::state::pane::Pane;

/// Does an action.
pub fn act(model: &mut Model, action: Action) -> Option<Outcome> {
    match action.group() {
        ActionGroup::Screen(action) => act_on_screen(model, action),
        ActionGroup::Writing(action) => composer::act(model, action),
        ActionGroup::Message(action) => {
            selection::act(model, action);
            None
        }
        ActionGroup::List(action) => overlay::act(model, action),
        ActionGroup::Command(action) => commands::act(model, action, ""),
    }
}

fn act_on_screen(model: &mut Model, action: ScreenAction) -> Option<Outcome> {
    match action {
        ScreenAction::Help => overlay::open_help(model),
        ScreenAction::SwitchRoom => overlay::open_switcher(model, ""),
        ScreenAction::NextUnread => return navigation::next_unread(model),
        ScreenAction::NextMention => return navigation::next_mention(model),
        ScreenAction::NextRoom => return navigation::open_neighbour(model, 1),
        ScreenAction::PreviousRoom => return navigation::open_neighbour(model, -1),
        ScreenAction::PageUp => scrolling::page(model, -1),
        ScreenAction::PageDown => scrolling::page(model, 1),
        ScreenAction::ScrollUp => scrolling::scroll(model, -3),
        ScreenAction::ScrollDown => scrolling::scroll(model, 3),
        ScreenAction::Oldest => return scrolling::oldest(model),
        ScreenAction::Newest => return scrolling::newest(model),
        ScreenAction::MarkRead => reading::mark_read(model),
        ScreenAction::MarkUnread => reading::mark_unread(model),
        ScreenAction::ToggleRooms => model.panes.toggle(Pane::Rooms, model.viewport.fold),
        ScreenAction::TogglePeople => model.panes.toggle(Pane::People, model.viewport.fold),
        ScreenAction::Redraw => model.effects.push(Effect::Redraw),
        ScreenAction::Suspend => model.effects.push(Effect::Suspend),
        ScreenAction::Quit => return Some(Outcome::Quit),
    }
    None
}
