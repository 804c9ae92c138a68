//! The result of drawing, beside the cells. Does not know how it is drawn.

#![deny(clippy::disallowed_methods)]

use ratatui::layout::{Position, Rect};

use crate::app::Viewport;
use crate::text::Links;

/// The result of drawing, beside the cells.
#[derive(Clone, Debug, Default)]
pub struct Drawn {
    /// Cells that may move as a whole: the message list.
    pub moving: Rect,
    /// Position of the caret, which input methods and screen readers follow.
    pub caret: Option<Position>,
    /// The links that cells belong to.
    pub links: Links,
    /// The facts of this screen that the next step depends on.
    pub viewport: Viewport,
}
