//! The loop of the full-screen client.

use std::collections::VecDeque;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep_until;

use super::clock::{instant_of, now};
use super::effects::{Outcome, Step, World};
use super::options::{Colours, RunError, RunOptions};
use super::pace::Pace;
use super::{external_editor, translate};
use crate::action::Action;
use crate::app::{LinkMsg, Model, Msg, ServerKey, Setup, update};
use crate::cache::{Cache, CacheEvent};
use crate::keymap::Keymap;
use crate::net::LinkHandle;
use crate::terminal::{Capabilities, Frame, Guard, Input, Inputs, Screen, leave, restore_on_panic, suspend};
use crate::theme::{Depth, Theme};
use crate::view::{RenderCache, render, title};

/// News of the link taken at once, before the screen is drawn.
const AT_ONCE: usize = 256;

/// Runs the full-screen client until the person leaves.
///
/// # Errors
/// Where the terminal cannot be used.
pub async fn run(options: RunOptions) -> Result<(), RunError> {
    let token = token()?;
    let (capabilities, depth) = terminal_of(options.colours);
    let theme = Theme::load(&options.theme, depth)?;
    let keymap = Keymap::load(&options.keymap_file)?;
    restore_on_panic();
    let (cache, restored, trouble) = open_cache(&options, &token);
    let mut model = Model::new(Setup {
        servers: vec![options.label.clone()],
        key_token: token,
        zone: jiff::tz::TimeZone::system(),
        keys: keymap.keys(),
    });
    let mut guard = Guard::enter(capabilities, options.uses_mouse)?;
    let mut client = Client {
        screen: Screen::new(capabilities.is_smart)?,
        render_cache: RenderCache::default(),
        pace: Pace::default(),
        keymap,
        world: World {
            link: LinkHandle::start(options.link),
            cache,
            capabilities,
            notifies: options.notifies,
            depth,
            theme,
        },
        steps: VecDeque::new(),
    };
    client.take(&mut model, Msg::Focused(true));
    if let Some(restored) = restored {
        client.take(&mut model, Msg::Restored(Box::new(restored)));
    }
    if let Some(text) = trouble {
        client.take(&mut model, Msg::Notice { text, is_error: true });
    }
    // The first screen stands before anything is asked of the terminal or the network.
    client.draw(&mut model)?;
    guard.ask_for_keyboard()?;
    if let Some(found) = guard.probe()? {
        client.screen.learn(found);
        client.pace.at_once();
    }
    let result = client.live(&mut model, &guard).await;
    drop(guard);
    if let Some(cache) = client.world.cache.take() {
        cache.close();
    }
    result
}

/// What the terminal can do, as its environment says.
fn terminal_of(colours: Colours) -> (Capabilities, Depth) {
    let variable = |name: &str| std::env::var(name).ok();
    let (term, colorterm, no_color) = (variable("TERM"), variable("COLORTERM"), variable("NO_COLOR"));
    let depth = match colours {
        Colours::Never => Depth::None,
        Colours::Always => Depth::of(None, colorterm.as_deref(), None),
        Colours::Auto => Depth::of(no_color.as_deref(), colorterm.as_deref(), term.as_deref()),
    };
    let (tmux, screen) = (variable("TMUX"), variable("STY"));
    (Capabilities::of(term.as_deref(), tmux.as_deref(), screen.as_deref()), depth)
}

fn open_cache(options: &RunOptions, token: &str) -> (Option<Cache>, Option<crate::app::Restored>, Option<String>) {
    match Cache::open(&options.cache_folder, &options.link.address.to_string(), token) {
        Ok((cache, restored)) => (Some(cache), Some(restored), None),
        Err(error) => (None, None, Some(format!("{error}. Nothing is kept for a restart."))),
    }
}

/// Names this run: in its keys, and in what it keeps.
fn token() -> Result<String, RunError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(RunError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The signals that end or interrupt a run.
struct Signals {
    terminate: Signal,
    hang_up: Signal,
    stop: Signal,
    go_on: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            stop: signal(SignalKind::from_raw(rustix::process::Signal::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(rustix::process::Signal::CONT.as_raw()))?,
        })
    }
}

/// What woke the loop.
enum Wake {
    Input(Option<Input>),
    Link(Option<crate::net::LinkNews>),
    Disk(Option<CacheEvent>),
    Leave,
    Suspend,
    Continued,
    Time,
}

struct Client {
    screen: Screen,
    render_cache: RenderCache,
    pace: Pace,
    keymap: Keymap,
    world: World,
    steps: VecDeque<Step>,
}

impl Client {
    async fn live(&mut self, model: &mut Model, guard: &Guard) -> Result<(), RunError> {
        let mut signals = Signals::listen()?;
        let mut inputs = Some(Inputs::default());
        loop {
            let wake = self.wait(model, inputs.get_or_insert_default(), &mut signals).await;
            match wake {
                Wake::Input(None) | Wake::Leave => {
                    self.take(model, Msg::Action(Action::Quit));
                }
                Wake::Input(Some(Input::Resize)) => {
                    self.screen.resize()?;
                    self.pace.at_once();
                }
                Wake::Input(Some(input)) => {
                    panic_where_asked(&input);
                    if let Some(msg) = translate::input(input, model, &self.keymap) {
                        self.take(model, msg);
                        self.pace.at_once();
                    }
                }
                Wake::Link(None) => return Err(RunError::LinkEnded),
                Wake::Link(Some(news)) => self.hear(model, news),
                Wake::Disk(news) => self.disk(model, news),
                Wake::Suspend => self.steps.push_back(Step::Suspend),
                Wake::Continued => self.come_back(guard)?,
                Wake::Time => self.take_time(model),
            }
            while let Some(step) = self.steps.pop_front() {
                match step {
                    Step::Quit => return Ok(()),
                    Step::Redraw => {
                        self.screen.forget();
                        self.pace.at_once();
                    }
                    Step::Suspend => self.suspend(guard)?,
                    Step::Editor(text) => {
                        // Two readers of one terminal would each get half of the keys.
                        inputs = None;
                        self.edit(model, guard, &text).await?;
                    }
                }
            }
            if self.pace.is_due() {
                self.draw(model)?;
            }
        }
    }

    async fn wait(&mut self, model: &Model, inputs: &mut Inputs, signals: &mut Signals) -> Wake {
        let wake_at = model.next_tick().map(instant_of);
        let until = [wake_at, self.pace.due()].into_iter().flatten().min();
        tokio::select! {
            biased;
            input = inputs.next() => Wake::Input(input),
            _ = signals.terminate.recv() => Wake::Leave,
            _ = signals.hang_up.recv() => Wake::Leave,
            _ = signals.stop.recv() => Wake::Suspend,
            _ = signals.go_on.recv() => Wake::Continued,
            () = async { sleep_until(until.unwrap_or_else(tokio::time::Instant::now)).await }, if until.is_some() => Wake::Time,
            news = cache_event(self.world.cache.as_mut()) => Wake::Disk(news),
            news = self.world.link.news() => Wake::Link(news),
        }
    }

    /// Lets the model take what happened, and does what follows.
    fn take(&mut self, model: &mut Model, msg: Msg) {
        let mut waiting = VecDeque::from([msg]);
        while let Some(msg) = waiting.pop_front() {
            let mut outcome = Outcome::default();
            for effect in update(model, msg, now()) {
                self.world.perform(effect, &mut outcome);
            }
            waiting.extend(outcome.msgs);
            self.steps.extend(outcome.steps);
        }
    }

    /// What the link told, with what it has told meanwhile.
    fn hear(&mut self, model: &mut Model, news: crate::net::LinkNews) {
        let mut told = Some(news);
        let mut taken = 0;
        while let Some(news) = told {
            let msg: LinkMsg = translate::news(news);
            self.take(model, Msg::Link(ServerKey::FIRST, msg));
            taken += 1;
            told = if taken < AT_ONCE { self.world.link.news_at_hand() } else { None };
        }
        self.pace.soon();
    }

    fn disk(&mut self, model: &mut Model, news: Option<CacheEvent>) {
        let msg = match news {
            Some(CacheEvent::Stored(key)) => Msg::Stored(key),
            Some(CacheEvent::NotStored(key, reason)) => Msg::NotStored(key, reason),
            Some(CacheEvent::Failed(reason)) => {
                Msg::Notice { text: format!("Not kept for a restart: {reason}"), is_error: true }
            }
            None => {
                self.world.cache = None;
                return;
            }
        };
        self.take(model, msg);
        self.pace.soon();
    }

    fn take_time(&mut self, model: &mut Model) {
        if model.next_tick().is_some_and(|at| at <= now()) {
            self.take(model, Msg::Tick);
            self.pace.soon();
        }
    }

    fn draw(&mut self, model: &mut Model) -> Result<(), RunError> {
        let (theme, cache) = (&self.world.theme, &mut self.render_cache);
        let mut viewport = None;
        self.screen.draw(|buffer| {
            let drawn = render(model, theme, cache, buffer);
            let frame = Frame { caret: drawn.caret, moving: drawn.moving, title: title(model).as_str().to_owned() };
            viewport = Some(drawn.viewport);
            frame
        })?;
        self.pace.drawn();
        let before = model.room().map(|(_, room)| (room.scroll, room.marks));
        if let Some(viewport) = viewport {
            self.take(model, Msg::Drawn(viewport));
        }
        if model.room().map(|(_, room)| (room.scroll, room.marks)) != before {
            self.pace.soon();
        }
        Ok(())
    }

    fn suspend(&mut self, guard: &Guard) -> Result<(), RunError> {
        if suspend() {
            self.come_back(guard)?;
        }
        Ok(())
    }

    /// The terminal is ours again, perhaps of another size.
    fn come_back(&mut self, guard: &Guard) -> Result<(), RunError> {
        guard.enter_again()?;
        self.screen.resize()?;
        self.pace.at_once();
        Ok(())
    }

    async fn edit(&mut self, model: &mut Model, guard: &Guard, text: &str) -> Result<(), RunError> {
        leave();
        let written = external_editor::edit(text).await;
        self.come_back(guard)?;
        match written {
            Ok(text) => self.take(model, Msg::EditorClosed(Some(text))),
            Err(text) => self.take(model, Msg::Notice { text, is_error: true }),
        }
        Ok(())
    }
}

/// Lets a test see what a panic leaves of the terminal. Not in what people use.
fn panic_where_asked(input: &Input) {
    let is_f12 = matches!(input, Input::Key(key) if key.code == crate::keymap::Code::F(12));
    assert!(
        !(cfg!(debug_assertions) && is_f12 && std::env::var_os("CHAT_PANIC_ON_F12").is_some()),
        "asked to panic by CHAT_PANIC_ON_F12"
    );
}

async fn cache_event(cache: Option<&mut Cache>) -> Option<CacheEvent> {
    match cache {
        Some(cache) => cache.next_event().await,
        None => std::future::pending().await,
    }
}
