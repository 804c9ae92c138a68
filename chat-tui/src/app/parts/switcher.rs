//! Finds rooms by a few letters of their names. Must not know how a room is opened or joined.

#![deny(clippy::disallowed_methods)]

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use crate::app::model::Model;
use crate::app::parts::overlays::{Overlay, Switcher, SwitcherLine};
use crate::app::state::room_key::RoomKey;
use crate::text::SafeText;

/// Fills the list of rooms with those that match the query. Does nothing if the list is not open.
pub fn find(model: &mut Model) {
    // Taken out while the rest of the model is read.
    let Some(Overlay::Switcher(mut switcher)) =
        model.overlay.take_if(|overlay| matches!(overlay, Overlay::Switcher(_)))
    else {
        return;
    };
    switcher.lines = matching(model, &switcher);
    switcher.selected = 0;
    model.overlay = Some(Overlay::Switcher(switcher));
}

/// The matching rooms, best first.
fn matching(model: &Model, switcher: &Switcher) -> Vec<SwitcherLine> {
    let text = switcher.query.text().trim().trim_start_matches('#');
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut found: Vec<(u32, SwitcherLine)> = Vec::new();
    for mut line in all(model, switcher) {
        let mut buffer = Vec::new();
        let name = Utf32Str::new(line.name.as_str(), &mut buffer);
        if let Some(score) = pattern.indices(name, &mut matcher, &mut line.found) {
            found.push((score, line));
        }
    }
    // Joined rooms first; then by match, or by what is unread if nothing was typed.
    let is_asked = !text.is_empty();
    found.sort_by(|(a_score, a), (b_score, b)| {
        let by_score = b_score.cmp(a_score);
        let by_news = (b.mentions, b.unread > 0).cmp(&(a.mentions, a.unread > 0));
        let by_fit = if is_asked { by_score } else { by_news };
        b.is_member.cmp(&a.is_member).then(by_fit).then_with(|| a.name.as_str().cmp(b.name.as_str()))
    });
    found.into_iter().map(|(_, line)| line).collect()
}

/// All rooms: those one is in, then those one could join.
fn all(model: &Model, switcher: &Switcher) -> Vec<SwitcherLine> {
    let own = model.listed().into_iter().filter_map(|room_key| {
        let room = model.rooms.get(&room_key)?;
        Some(SwitcherLine {
            room_key,
            name: model.title(room_key),
            topic: room.info.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str())),
            is_member: true,
            unread: room.reading.marker.unread,
            mentions: room.reading.marker.mentions,
            found: Vec::new(),
        })
    });
    let others = switcher.joinable.iter().filter_map(|(server, listing)| {
        let room = &listing.room;
        Some(SwitcherLine {
            room_key: RoomKey { server: *server, room: room.id },
            name: SafeText::line(room.name.as_ref()?.as_str()),
            topic: room.topic.as_ref().map(|topic| SafeText::line(topic.text.as_str())),
            is_member: false,
            unread: 0,
            mentions: 0,
            found: Vec::new(),
        })
    });
    let others: Vec<_> = others.filter(|line| !model.rooms.contains_key(&line.room_key)).collect();
    own.chain(others).collect()
}
