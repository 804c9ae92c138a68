//! The terminal shows every screen after every other one, for few bytes.

use proptest::prelude::*;
use ratatui::style::{Modifier, Style};

use super::super::cluster::Kind;
use super::super::grid::Grid;
use super::super::test_backend::TestBackend;
use super::*;

const WIDTH: u16 = 60;
const HEIGHT: u16 = 8;
/// Columns of a pane to the left of the moving area.
const PANE: u16 = 12;

/// A screen on a terminal that knows colours, and one that supports margins and receives the same bytes.
struct Pair {
    backend: TestBackend,
    grid: Grid,
    pane: bool,
}

impl Pair {
    fn new() -> Self {
        Self { backend: TestBackend::sized(WIDTH, HEIGHT), grid: Grid::new(WIDTH, HEIGHT), pane: false }
    }

    /// A screen with a pane beside the moving area, on a terminal that scrolls within columns.
    fn with_margins() -> Self {
        let mut pair = Self { pane: true, ..Self::new() };
        pair.backend.screen.apply_probe(ProbeResult::with_margins());
        pair
    }

    /// Draws lines into a middle region. Returns the bytes.
    fn draw(&mut self, lines: &[String]) -> usize {
        let left = if self.pane { PANE } else { 0 };
        let fill = |buffer: &mut Buffer| {
            for (line, y) in lines.iter().zip(0u16..HEIGHT) {
                if left > 0 {
                    buffer.set_string(0, y, format!("room {}", u32::from(y) * 7919 % 1000), Style::new().bold());
                }
                buffer.set_string(left, y, line, looks(line));
            }
            let moving = Rect { x: left, y: 1, width: WIDTH - left, height: 6 };
            Frame { caret: Some(Position { x: 1, y: 7 }), moving, title: "t".into(), ..Frame::default() }
        };
        let out = self.backend.draw(fill);
        self.grid.process(&out);
        out.len()
    }

    fn rows(&self) -> Vec<String> {
        self.backend.rows()
    }

    /// The styles of all cells of the terminal, without the text.
    fn looks(&self) -> Vec<(vt100::Color, vt100::Color, bool, bool)> {
        let cells = (0..HEIGHT).flat_map(|y| (0..WIDTH).filter_map(move |x| self.backend.terminal.screen().cell(y, x)));
        // The foreground of a blank does not matter.
        let seen = cells.filter(|cell| cell.has_contents() && cell.contents() != " ");
        seen.map(|cell| (cell.fgcolor(), cell.bgcolor(), cell.bold(), cell.underline())).collect()
    }
}

/// The style of a line; equal lines have the same one.
fn looks(line: &str) -> Style {
    match line.len() % 5 {
        0 => Style::new().bold().red(),
        1 => Style::new().red().on_blue(),
        2 => Style::new().add_modifier(Modifier::UNDERLINED | Modifier::DIM),
        _ => Style::new(),
    }
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_is_sent_where_nothing_changed() {
    let mut pair = Pair::new();
    assert!(pair.draw(&lines(&["one", "two"])) > 0);
    assert_eq!(pair.draw(&lines(&["one", "two"])), 0);
    assert_eq!(&pair.rows()[..2], ["one", "two"]);
}

#[test]
fn rows_that_moved_are_not_sent_again() {
    let text = |n: usize| ["alpha", "beta", "gamma", "delta"][n % 4].repeat(8);
    let screen_of = |from: usize| -> Vec<String> { (from..from + 7).map(text).collect() };
    for mut pair in [Pair::new(), Pair::with_margins()] {
        let mut first = screen_of(0);
        first[0] = "title".into();
        pair.draw(&first);
        let mut second = screen_of(1);
        second[0] = "title".into();
        let bytes = pair.draw(&second);
        assert!(bytes < 180, "{bytes}");
        let mut fresh = Pair { pane: pair.pane, ..Pair::new() };
        fresh.draw(&second);
        assert_eq!(pair.grid.rows(), fresh.grid.rows());
    }
}

#[test]
fn what_the_terminal_measures_otherwise_leaves_nothing_behind() {
    let mut pair = Pair::new();
    let text = "on it 👍🏽 漢字かな — é à ñ 🇩🇪 👨‍👩‍👧‍👦 and more";
    let mut screen: Vec<String> = (1..8).map(|line| format!("pasted line {line}")).collect();
    screen[3] = text.to_owned();
    for step in 0..8 {
        screen.rotate_left(step % 3);
        screen[step % 7].push_str(" again");
        pair.draw(&screen);
        let mut fresh = Pair::new();
        fresh.draw(&screen);
        assert_eq!(pair.grid.rows(), fresh.grid.rows());
        let shown = pair.grid.rows().join("\n");
        assert!(shown.contains("on it 👍 漢字かな — é à ñ DE 👨 and more"), "{shown}");
    }
}

/// Draws rows of which those that begin with `>` are a link to an address. Returns the bytes.
fn draw_links(pair: &mut Pair, rows: &[&str], address: &str) -> String {
    let out = pair.backend.draw(|buffer| {
        let mut links = Links::default();
        for (row, y) in rows.iter().zip(0u16..) {
            let style = if row.starts_with('>') { links.mark(Style::new(), address) } else { Style::new() };
            buffer.set_string(0, y, row, style);
        }
        Frame { links, moving: Rect { x: 0, y: 0, width: WIDTH, height: HEIGHT }, ..Frame::default() }
    });
    pair.grid.process(&out);
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn a_wrapped_link_is_one_link_to_its_whole_address() {
    let mut pair = Pair::new();
    let address = "https://e.org/a/long/path";
    let out = draw_links(&mut pair, &["see", ">https://e.org/", ">a/long/path", "and more"], address);
    let opened: Vec<_> = out.match_indices("\u{1b}]8;id=").map(|(at, _)| out[at..].split('\u{7}').next()).collect();
    assert!(!opened.is_empty() && opened.iter().all(|one| *one == opened[0]), "{opened:?}");
    assert!(opened[0].is_some_and(|one| one.ends_with(&format!(";{address}"))), "{opened:?}");
    let after_last = out.rsplit("\u{1b}]8;").next().expect("a part");
    assert!(after_last.starts_with(";\u{7}") && after_last.contains("and more"), "closed before other text: {out:?}");
    assert_eq!(&pair.grid.rows()[..4], ["see", ">https://e.org/", ">a/long/path", "and more"]);
    let again = draw_links(&mut pair, &["see", ">https://e.org/", ">a/long/path", "and more"], address);
    assert_eq!(again, "", "nothing changed");
    let other = draw_links(&mut pair, &["see", ">https://e.org/", ">a/long/path", "and more"], "https://e.org/other");
    assert!(other.contains(";https://e.org/other\u{7}"), "another address behind the same cells: {other:?}");
}

#[test]
fn the_first_sixteen_colours_are_sent_as_every_terminal_knows_them() {
    let mut pair = Pair::new();
    let out = pair.backend.draw(|buffer| {
        buffer.set_string(0, 0, "dark", Style::new().red().on_blue());
        buffer.set_string(0, 1, "bright", Style::new().light_cyan().on_white());
        Frame::default()
    });
    let out = String::from_utf8(out).expect("UTF-8");
    assert!(["31", "44", "96", "107"].iter().all(|code| out.contains(code)) && !out.contains(";5;"), "{out:?}");
    assert_eq!(pair.looks()[0].0, vt100::Color::Idx(1));
}

#[test]
fn where_no_link_is_none_is_sent() {
    let mut pair = Pair::new();
    assert!(!draw_links(&mut pair, &["see", "no link"], "").contains("\u{1b}]8"));
}

#[test]
fn only_the_row_the_terminal_was_tried_in_is_drawn_again() {
    let mut pair = Pair::new();
    let screen = lines(&["the title", "one", "two", "three"]);
    pair.draw(&screen);
    pair.grid.process("\u{1b}[H\u{1b}[2Kscribbled over".as_bytes());
    pair.backend.screen.apply_probe(ProbeResult::default());
    let bytes = pair.draw(&screen);
    assert!((1..100).contains(&bytes), "{bytes}");
    assert_eq!(&pair.grid.rows()[..4], &screen[..]);
}

#[test]
fn what_the_terminal_draws_as_we_count_is_sent_as_it_is() {
    let mut pair = Pair::new();
    let mut found = ProbeResult::default();
    found.clusters.trust(Kind::Flag);
    pair.backend.screen.apply_probe(found);
    let out = pair.backend.draw(|buffer| {
        buffer.set_string(0, 0, "a 🇩🇪 b 👍🏽 c", Style::new());
        Frame::default()
    });
    let out = String::from_utf8(out).expect("UTF-8");
    assert!(out.contains("🇩🇪") && !out.contains("👍🏽"), "{out:?}");
    assert!(out.contains("🇩🇪\u{1b}["), "what follows is put in its place: {out:?}");
}

proptest! {
    /// However lines change, move and look, the terminal shows the last screen.
    #[test]
    fn the_terminal_shows_what_was_drawn(
        screens in proptest::collection::vec(
            proptest::collection::vec("[a-c日é ]{10,30}[xy]{0,14}", HEIGHT as usize), 1..8),
        moves in proptest::collection::vec(-3isize..4, 8),
    ) {
        let mut pair = Pair::new();
        let mut current = screens[0].clone();
        for (screen, by) in screens.iter().zip(moves) {
            // Half of the steps move the existing lines, as a chat does.
            if by == 0 { current.clone_from(screen); } else { current.rotate_left(by.rem_euclid(6) as usize); }
            pair.draw(&current);
            let expected: Vec<String> = current.iter().map(|line| line.trim_end().to_owned()).collect();
            prop_assert_eq!(pair.rows(), expected);
            let mut fresh = Pair::new();
            fresh.draw(&current);
            prop_assert_eq!(pair.looks(), fresh.looks());
        }
    }

    /// The same beside a pane, on a terminal that scrolls within columns and draws some characters in another width.
    #[test]
    fn margins_and_odd_characters_leave_nothing_behind(
        screens in proptest::collection::vec(
            proptest::collection::vec("([a-c日é ]|🇩🇪|👍🏽|👍|❤\u{fe0f}|👩\u{200d}🚀){5,20}", HEIGHT as usize), 1..8),
        moves in proptest::collection::vec(-3isize..4, 8),
    ) {
        let mut pair = Pair::with_margins();
        let mut current = screens[0].clone();
        for (screen, by) in screens.iter().zip(moves) {
            if by == 0 { current.clone_from(screen); } else { current.rotate_left(by.rem_euclid(6) as usize); }
            pair.draw(&current);
            let mut fresh = Pair { pane: true, ..Pair::new() };
            fresh.draw(&current);
            prop_assert_eq!(pair.grid.rows(), fresh.grid.rows());
        }
    }
}
