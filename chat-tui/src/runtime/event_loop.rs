//! The loop of the full-screen client: waits for events, updates the model, draws. Must not know what events mean.

use std::collections::VecDeque;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::sleep_until;

use super::clock::{instant_of, now};
use super::effects::{EffectRunner, Outcome, Step};
use super::frame_limiter::FrameLimiter;
use super::link_opener::{LinkOpener, NotOpened};
use super::look::{Look, terminal_of};
use super::options::{RunError, RunOptions};
use super::{external_editor, translate};
use crate::app::{Model, Msg, ServerKey, Setup, update};
use crate::cache::{Cache, CacheEvent};
use crate::keymap::Keymap;
use crate::link_event::LinkEvent;
use crate::net::LinkHandle;
use crate::terminal::{Background, Frame, Guard, Input, Inputs, Screen, leave, restore_on_panic, suspend};
use crate::view::{RenderCache, render, title};

/// Link events handled in a row before the screen is drawn.
const LINK_EVENTS_MAX: usize = 256;

/// Runs the full-screen client until the person leaves.
///
/// # Errors
/// If a file of the person's is wrong, or the terminal cannot be used.
pub async fn run(options: RunOptions) -> Result<(), RunError> {
    let token = token()?;
    let (capabilities, depth, background) = terminal_of(options.colours);
    let (look, theme_trouble) = Look::load(options.theme.clone(), depth, background)?;
    let (keymap, keymap_faults) = Keymap::load(&options.keymap_file);
    restore_on_panic();
    let (cache, restored, cache_trouble) = open_cache(&options, &token);
    let mut model = Model::new(Setup {
        servers: vec![options.label.clone()],
        is_server_own: options.link.is_own(),
        key_token: token,
        zone: jiff::tz::TimeZone::system(),
        keys: keymap.keys(),
    });
    let mut guard = Guard::enter(capabilities, options.uses_mouse)?;
    let mut event_loop = EventLoop {
        screen: Screen::new(capabilities)?,
        render_cache: RenderCache::default(),
        frame_limiter: FrameLimiter::default(),
        keymap,
        effects: EffectRunner {
            link: LinkHandle::start(options.link),
            cache,
            capabilities,
            notifies: options.notifies,
            look,
            opener: LinkOpener::of(&options.opener),
            keep_sign_in: options.keep_sign_in,
        },
        steps: VecDeque::new(),
    };
    event_loop.handle(&mut model, Msg::Focused(true));
    if let Some(restored) = restored {
        event_loop.handle(&mut model, Msg::Restored(Box::new(restored)));
    }
    let troubles = [keymap_warning(&keymap_faults), theme_trouble, cache_trouble];
    if let Some(text) = troubles.into_iter().flatten().reduce(|all, one| format!("{all} {one}")) {
        event_loop.handle(&mut model, Msg::Notice { text, is_error: true });
    } else if let Some(text) = options.greeting {
        event_loop.handle(&mut model, Msg::Notice { text, is_error: false });
    }
    // The first screen is drawn before anything is asked of the terminal or the network.
    event_loop.draw(&mut model)?;
    let inputs = match guard.probe()? {
        Some(probe) => {
            event_loop.screen.apply_probe(probe.found);
            event_loop.frame_limiter.at_once();
            probe.found.background.into_iter().for_each(|background| event_loop.take_background(background));
            probe.into_inputs()
        }
        None => Inputs::default(),
    };
    let result = event_loop.run_loop(&mut model, (&guard, inputs)).await;
    drop(guard);
    event_loop.effects.link.finish().await;
    if let Some(cache) = event_loop.effects.cache.take() {
        cache.close();
    }
    result
}

fn open_cache(options: &RunOptions, token: &str) -> (Option<Cache>, Option<crate::app::Restored>, Option<String>) {
    // The user's own server was once known by its socket.
    let names = (options.cache_name.as_str(), options.link.address.to_string());
    match Cache::open(&options.cache_folder, (names.0, &names.1), token) {
        Ok((cache, restored)) => (Some(cache), Some(restored), None),
        Err(error) => (None, None, Some(format!("{error}. Nothing is saved for a restart."))),
    }
}

/// Warns of lines of the keymap that mean nothing.
fn keymap_warning(faults: &[String]) -> Option<String> {
    let first = faults.first()?;
    let more = match faults.len() - 1 {
        0 => String::new(),
        more => format!(" ({more} more)"),
    };
    Some(format!("keymap.toml: {first}{more}. The other keys work; `chat doctor` lists all mistakes."))
}

/// A random name for this run, used in its client keys and in the cache.
fn token() -> Result<String, RunError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(RunError::Random)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The signals that end or suspend a run.
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

/// An event that woke the loop.
enum LoopEvent {
    Input(Option<Input>),
    Link(Option<LinkEvent>),
    Cache(Option<CacheEvent>),
    LinkNotOpened(NotOpened),
    Leave,
    Suspend,
    Continued,
    Time,
}

struct EventLoop {
    screen: Screen,
    render_cache: RenderCache,
    frame_limiter: FrameLimiter,
    keymap: Keymap,
    effects: EffectRunner,
    steps: VecDeque<Step>,
}

impl EventLoop {
    async fn run_loop(&mut self, model: &mut Model, (guard, inputs): (&Guard, Inputs)) -> Result<(), RunError> {
        let mut signals = Signals::listen()?;
        let mut inputs = Some(inputs);
        loop {
            let event = self.wait(model, inputs.get_or_insert_default(), &mut signals).await;
            match event {
                LoopEvent::Input(None) | LoopEvent::Leave => {
                    self.handle(model, Msg::Terminated);
                }
                LoopEvent::Input(Some(Input::Resize)) => {
                    self.screen.resize()?;
                    self.frame_limiter.at_once();
                }
                LoopEvent::Input(Some(Input::Background(background))) => self.take_background(background),
                LoopEvent::Input(Some(input)) => {
                    panic_if_asked(&input);
                    if let Some(msg) = translate::input(input, model, &self.keymap) {
                        self.handle(model, msg);
                        self.frame_limiter.at_once();
                    }
                }
                LoopEvent::Link(None) => return Err(RunError::LinkEnded),
                LoopEvent::Link(Some(event)) => self.on_link_event(model, event),
                LoopEvent::Cache(event) => self.on_cache_event(model, event),
                LoopEvent::LinkNotOpened(not_opened) => {
                    let notice = self.effects.copy_instead(&not_opened);
                    self.handle(model, notice);
                    self.frame_limiter.soon();
                }
                LoopEvent::Suspend => self.steps.push_back(Step::Suspend),
                LoopEvent::Continued => self.resume_terminal(guard)?,
                LoopEvent::Time => self.on_timer(model),
            }
            while let Some(step) = self.steps.pop_front() {
                match step {
                    Step::Quit => return Ok(()),
                    Step::Redraw => {
                        self.screen.invalidate();
                        self.frame_limiter.at_once();
                    }
                    Step::Suspend => self.suspend(guard)?,
                    Step::Editor(text) => {
                        // Two readers of one terminal would each get half of the keys.
                        inputs = None;
                        self.edit(model, guard, &text).await?;
                    }
                }
            }
            if self.frame_limiter.is_due() {
                self.draw(model)?;
            }
        }
    }

    async fn wait(&mut self, model: &Model, inputs: &mut Inputs, signals: &mut Signals) -> LoopEvent {
        let timer_at = model.next_tick().map(instant_of);
        let until = [timer_at, self.frame_limiter.due()].into_iter().flatten().min();
        tokio::select! {
            biased;
            input = inputs.next() => LoopEvent::Input(input),
            _ = signals.terminate.recv() => LoopEvent::Leave,
            _ = signals.hang_up.recv() => LoopEvent::Leave,
            _ = signals.stop.recv() => LoopEvent::Suspend,
            _ = signals.go_on.recv() => LoopEvent::Continued,
            () = async { sleep_until(until.unwrap_or_else(tokio::time::Instant::now)).await }, if until.is_some() => LoopEvent::Time,
            event = cache_event(self.effects.cache.as_mut()) => LoopEvent::Cache(event),
            not_opened = self.effects.opener.next_failure() => LoopEvent::LinkNotOpened(not_opened),
            event = self.effects.link.next_event() => LoopEvent::Link(event),
        }
    }

    /// Updates the model with a message and carries out the effects.
    fn handle(&mut self, model: &mut Model, msg: Msg) {
        let mut waiting = VecDeque::from([msg]);
        while let Some(msg) = waiting.pop_front() {
            let mut outcome = Outcome::default();
            for effect in update(model, msg, now()) {
                self.effects.perform(effect, &mut outcome);
            }
            waiting.extend(outcome.msgs);
            self.steps.extend(outcome.steps);
        }
    }

    /// Handles a link event, and those that wait behind it.
    fn on_link_event(&mut self, model: &mut Model, event: LinkEvent) {
        let mut next = Some(event);
        let mut taken = 0;
        while let Some(event) = next {
            let notice = self.effects.keep_sign_in(&event);
            self.handle(model, Msg::Link(ServerKey::FIRST, event));
            if let Some(notice) = notice {
                self.handle(model, notice);
            }
            taken += 1;
            next = if taken < LINK_EVENTS_MAX { self.effects.link.try_next_event() } else { None };
        }
        self.frame_limiter.soon();
    }

    fn on_cache_event(&mut self, model: &mut Model, event: Option<CacheEvent>) {
        let msg = match event {
            Some(CacheEvent::Stored(key)) => Msg::Stored(key),
            Some(CacheEvent::NotStored(key, reason)) => Msg::NotStored(key, reason),
            Some(CacheEvent::Failed(reason)) => {
                Msg::Notice { text: format!("Not saved for a restart: {reason}"), is_error: true }
            }
            None => {
                self.effects.cache = None;
                return;
            }
        };
        self.handle(model, msg);
        self.frame_limiter.soon();
    }

    fn on_timer(&mut self, model: &mut Model) {
        if model.next_tick().is_some_and(|at| at <= now()) {
            self.handle(model, Msg::Tick);
            self.frame_limiter.soon();
        }
    }

    fn take_background(&mut self, background: Background) {
        if self.effects.look.take_background(background) {
            self.screen.invalidate();
            self.frame_limiter.at_once();
        }
    }

    fn draw(&mut self, model: &mut Model) -> Result<(), RunError> {
        let (theme, cache) = (&self.effects.look.theme, &mut self.render_cache);
        let mut viewport = None;
        self.screen.draw(|buffer| {
            let drawn = render(model, theme, cache, buffer);
            viewport = Some(drawn.viewport);
            let title = title(model).as_str().to_owned();
            Frame { caret: drawn.caret, moving: drawn.moving, title, links: drawn.links }
        })?;
        self.frame_limiter.drawn();
        let facts =
            |model: &Model| (model.focus, model.room().map(|(_, room)| (room.scroll, room.reading.marker.clone())));
        let before = facts(model);
        if let Some(viewport) = viewport {
            self.handle(model, Msg::Drawn(viewport));
        }
        if facts(model) != before {
            self.frame_limiter.soon();
        }
        Ok(())
    }

    fn suspend(&mut self, guard: &Guard) -> Result<(), RunError> {
        if suspend() {
            self.resume_terminal(guard)?;
        }
        Ok(())
    }

    /// Takes the terminal back, which may have another size.
    fn resume_terminal(&mut self, guard: &Guard) -> Result<(), RunError> {
        guard.enter_again()?;
        self.screen.resize()?;
        self.frame_limiter.at_once();
        Ok(())
    }

    async fn edit(&mut self, model: &mut Model, guard: &Guard, text: &str) -> Result<(), RunError> {
        leave();
        let written = external_editor::edit(text).await;
        self.resume_terminal(guard)?;
        match written {
            Ok(text) => self.handle(model, Msg::EditorClosed(Some(text))),
            Err(text) => self.handle(model, Msg::Notice { text, is_error: true }),
        }
        Ok(())
    }
}

/// Lets a test see what a panic leaves of the terminal. Debug builds only.
fn panic_if_asked(input: &Input) {
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
