//! The message list: finds the visible rows, anchored to a message, and draws them. Looks only at visible entries,
//! however long the room is; must not know how a row is built.

use std::rc::Rc;

use chat_proto::ids::Seq;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::cache::RenderCache;
use super::drawn::Drawn;
use super::pills;
use super::row::{Columns, Row};
use super::rows::RowBuilder;
use super::{draw, empty};
use crate::app::{Focus, History, Model, Scroll, Target, TimelineEntry};
use crate::theme::{Role, Theme};

/// The rows of one entry.
struct Block {
    index: usize,
    rows: Vec<Row>,
    /// Rows above the visible part.
    skip: usize,
}

/// Draws the messages of the open room.
pub(super) fn draw(
    model: &Model,
    theme: &Theme,
    cache: &mut RenderCache,
    list: Rect,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) {
    drawn.viewport.rows = list.height;
    let (Some((room_key, room)), Some(server)) = (model.room(), model.server()) else {
        empty::draw(model, theme, list, buffer);
        return;
    };
    let me = server.me.as_ref().map(|me| Rc::from(format!("@{}", me.name)));
    let builder = RowBuilder {
        model,
        theme,
        room_key,
        room,
        server,
        columns: Columns::of(list.width, list.right() < buffer.area.right()),
        me,
    };
    drawn.viewport.room_key = Some(room_key);
    let height = usize::from(list.height);
    if builder.len() == 0 {
        drawn.viewport.is_at_end = true;
        drawn.viewport.is_at_start = true;
        empty::draw(model, theme, list, buffer);
        return;
    }
    let (mut blocks, is_at_end) = blocks(&builder, cache, height);
    name_at_top(&builder, &mut blocks);
    let used: usize = blocks.iter().map(|block| block.rows.len() - block.skip).sum();
    let first = blocks.first().map_or(0, |block| block.index);
    drawn.viewport.is_at_end = is_at_end;
    drawn.viewport.is_at_start = first == 0;
    let entries = room.timeline.entries();
    drawn.viewport.seen_to = seen_to(&builder, &blocks, height);
    drawn.viewport.top = blocks.iter().find_map(|block| Some((entries.get(block.index)?.seq, block.skip as i32)));
    note_whole(&builder, &blocks, height, drawn);
    // A short timeline is at the bottom, next to the input box.
    let mut rows = draw::rows(list).skip(height.saturating_sub(used));
    if used < height && room.backlog.history == History::Requested {
        draw::text(buffer, draw::after(Rect { height: 1, ..list }, 1), "loading …", theme.style(Role::TextFaint));
    }
    // Joins are no messages, and no room begins without one.
    let is_explained =
        room.backlog.history == History::Complete && entries.iter().all(|entry| entry.content().is_none());
    if used < height && is_explained && room.writing.pending.is_empty() {
        empty::draw(model, theme, Rect { height: (height - used) as u16, ..list }, buffer);
    }
    for block in &blocks {
        draw_block(&builder, block, &mut rows, (buffer, drawn));
    }
    pills::draw((room, server), theme, list, (buffer, drawn));
}

/// Returns the last item of the timeline whose last row is visible.
fn seen_to(builder: &RowBuilder<'_>, blocks: &[Block], height: usize) -> Option<Seq> {
    let mut used = 0;
    let whole = blocks.iter().take_while(|block| {
        used += block.rows.len() - block.skip;
        used <= height
    });
    whole.filter_map(|block| builder.room.timeline.entries().get(block.index)).last().map(|entry| entry.seq)
}

/// Notes which messages are visible as a whole, and whether the selected one is not.
fn note_whole(builder: &RowBuilder<'_>, blocks: &[Block], height: usize, drawn: &mut Drawn) {
    let mut used = 0;
    let mut last_visible = None;
    for block in blocks {
        used += block.rows.len() - block.skip;
        let is_message = |entry: &&TimelineEntry| entry.content().is_some();
        let Some(entry) = builder.room.timeline.entries().get(block.index).filter(is_message) else { continue };
        last_visible = Some(entry.seq);
        let continues = (block.skip > 0, used > height);
        if continues == (false, false) {
            drawn.viewport.last_whole = last_visible;
        }
        if builder.model.focus == Focus::Message(entry.seq) && block.rows.len() > height {
            drawn.viewport.selected_continues = continues;
        }
    }
    drawn.viewport.last_whole = drawn.viewport.last_whole.or(last_visible);
}

/// Repeats author and time in the first row if it continues a group from above.
fn name_at_top(builder: &RowBuilder<'_>, blocks: &mut [Block]) {
    // More than the first row of the group is visible.
    let next = blocks.get(1).and_then(|block| block.rows.first());
    let goes_on = matches!(next, Some(Row::Line(_))) || blocks.first().is_some_and(|b| b.rows.len() - b.skip > 1);
    let Some(block) = blocks.first_mut() else { return };
    let Some(entry) = builder.room.timeline.entries().get(block.index) else { return };
    let Some(row) = block.rows.get_mut(block.skip) else { return };
    if let Row::Line(line) = row {
        let lead = || builder.lead(entry.by, entry.at);
        if builder.columns.name.is_some() {
            line.lead.get_or_insert_with(lead);
        } else if goes_on {
            // A name with a row of its own covers the first row; scrolling up by one row shows it.
            *row = Row::Head(lead());
        }
    }
}

fn draw_block(
    builder: &RowBuilder<'_>,
    block: &Block,
    rows: &mut impl Iterator<Item = Rect>,
    (buffer, drawn): (&mut Buffer, &mut Drawn),
) {
    let entry = builder.room.timeline.entries().get(block.index);
    let is_selected = entry.is_some_and(|entry| builder.model.focus == Focus::Message(entry.seq));
    for row in &block.rows[block.skip..] {
        let Some(area) = rows.next() else { return };
        row.draw(builder.theme, builder.columns, area, (&mut *buffer, &mut drawn.links));
        let is_message = matches!(row, Row::Line(_) | Row::Head(_));
        if is_selected && is_message {
            buffer.set_style(area, builder.theme.style(Role::MessageSelected));
            draw::text(buffer, Rect { width: 1, ..area }, "▌", builder.theme.style(Role::ComposerPrompt));
        }
        if let Some(entry) = entry.filter(|entry| is_message && entry.content().is_some()) {
            drawn.viewport.targets.push((draw::area(area), Target::Message(entry.seq)));
        }
        drawn.viewport.has_countdown |= matches!(row, Row::Line(line) if line.countdown.is_some());
    }
}

/// Returns the visible blocks from the top, and whether the newest row is among them.
fn blocks(builder: &RowBuilder<'_>, cache: &mut RenderCache, height: usize) -> (Vec<Block>, bool) {
    let found = match builder.room.scroll {
        Scroll::End => (upwards_from(builder, cache, builder.len() - 1, height), true),
        Scroll::At { seq, row } => {
            let index = builder.room.timeline.position(seq).unwrap_or_else(|at| at).min(builder.len() - 1);
            let (index, skip) = bring_right(builder, cache, index, row);
            downwards_from(builder, cache, (index, skip), height)
        }
    };
    keep_selection_visible(builder, cache, height, found)
}

/// Returns the blocks that fill the list with `last` at the bottom.
fn upwards_from(builder: &RowBuilder<'_>, cache: &mut RenderCache, last: usize, height: usize) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut used = 0;
    for index in (0..=last).rev() {
        let rows = builder.rows(index, cache);
        used += rows.len();
        let skip = used.saturating_sub(height);
        blocks.push(Block { index, rows, skip });
        if used >= height {
            break;
        }
    }
    blocks.reverse();
    blocks
}

/// Returns the blocks from a row of one entry on, or the last ones if those do not fill the list.
fn downwards_from(
    builder: &RowBuilder<'_>,
    cache: &mut RenderCache,
    (first, skip): (usize, usize),
    height: usize,
) -> (Vec<Block>, bool) {
    let mut blocks = Vec::new();
    let mut used = 0;
    for index in first..builder.len() {
        let rows = builder.rows(index, cache);
        let skip = if index == first { skip } else { 0 };
        used += rows.len() - skip;
        blocks.push(Block { index, rows, skip });
        if used > height {
            return (blocks, false);
        }
    }
    if used == height {
        return (blocks, true);
    }
    (upwards_from(builder, cache, builder.len() - 1, height), true)
}

/// Moves a row that lies outside its entry to the entry that contains it.
fn bring_right(builder: &RowBuilder<'_>, cache: &mut RenderCache, index: usize, row: i32) -> (usize, usize) {
    let (mut index, mut row) = (index, row);
    while row < 0 && index > 0 {
        index -= 1;
        row += builder.rows(index, cache).len() as i32;
    }
    let mut row = row.max(0) as usize;
    loop {
        let rows = builder.rows(index, cache).len();
        if row < rows.max(1) && rows > 0 {
            return (index, row);
        }
        if index + 1 >= builder.len() {
            return (index, rows.saturating_sub(1));
        }
        row -= rows.min(row);
        index += 1;
    }
}

/// Keeps the selected message visible, unless the selection follows the view. One that is taller than the list may
/// continue beyond it.
fn keep_selection_visible(
    builder: &RowBuilder<'_>,
    cache: &mut RenderCache,
    height: usize,
    (blocks, is_at_end): (Vec<Block>, bool),
) -> (Vec<Block>, bool) {
    if builder.model.view_leads {
        return (blocks, is_at_end);
    }
    let Focus::Message(seq) = builder.model.focus else { return (blocks, is_at_end) };
    let Ok(selected) = builder.room.timeline.position(seq) else { return (blocks, is_at_end) };
    let is_cut = |block: &Block| block.skip > 0 && block.rows.len() <= height;
    match blocks.first() {
        Some(first) if selected < first.index || (selected == first.index && is_cut(first)) => {
            return downwards_from(builder, cache, (selected, 0), height);
        }
        _ => {}
    }
    let shown: usize = blocks.iter().map(|block| block.rows.len() - block.skip).sum();
    let last_is_cut = shown > height;
    match blocks.last() {
        Some(last) if selected == last.index && last.rows.len() > height => (blocks, is_at_end),
        Some(last) if selected > last.index && builder.rows(selected, cache).len() > height => {
            downwards_from(builder, cache, (selected, 0), height)
        }
        Some(last) if selected > last.index || (selected == last.index && last_is_cut) => {
            let is_last = selected + 1 == builder.len();
            (upwards_from(builder, cache, selected, height), is_last)
        }
        _ => (blocks, is_at_end),
    }
}
