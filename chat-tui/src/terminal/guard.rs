//! The terminal's modes: entered once and left on every way out, be it the end, an error, a panic or a signal. Must not
//! know what is drawn.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{SetCursorStyle, Show};
use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste, EnableFocusChange,
    KeyboardEnhancementFlags, PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::queue;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};

use super::{Capabilities, Probe, probe};

static IS_ENTERED: AtomicBool = AtomicBool::new(false);
static HAS_KEYBOARD: AtomicBool = AtomicBool::new(false);

/// Saves and restores the terminal's title (XTWINOPS 22 and 23).
const SAVE_TITLE: &str = "\x1b[22;2t";
const RESTORE_TITLE: &str = "\x1b[23;2t";
/// Reports buttons and the wheel (1000) with columns beyond 223 (1006), and no motion: nothing on the screen hovers.
const REPORT_BUTTONS: &str = "\x1b[?1000h\x1b[?1006h";

/// The terminal in our modes; dropping it leaves them.
#[derive(Debug)]
pub struct Guard {
    capabilities: Capabilities,
    wants_mouse: bool,
    /// Whether the terminal distinguishes Shift+Enter from Enter.
    knows_keyboard: bool,
}

impl Guard {
    /// Enters raw mode and the alternate screen, and enables bracketed paste, focus events and, if wanted, the mouse.
    ///
    /// # Errors
    /// Standard output is no terminal.
    pub fn enter(capabilities: Capabilities, wants_mouse: bool) -> io::Result<Self> {
        let guard = Self { capabilities, wants_mouse, knows_keyboard: false };
        guard.enter_modes()?;
        Ok(guard)
    }

    /// Enters again after [`leave`].
    ///
    /// # Errors
    /// Standard output is no terminal.
    pub fn enter_again(&self) -> io::Result<()> {
        self.enter_modes()?;
        self.push_keyboard()
    }

    /// Asks the terminal for the facts that differ between terminals, and lets it distinguish similar keys if it can
    /// (the kitty keyboard protocol). Returns `None` for a terminal that is asked nothing. Call it before keys are
    /// read; it overwrites the first row, and takes at most 0.2 s.
    ///
    /// # Errors
    /// The terminal cannot be written to or read from.
    pub fn probe(&mut self) -> io::Result<Option<Probe>> {
        if !self.capabilities.is_smart {
            return Ok(None);
        }
        let probe = probe::probe()?;
        self.knows_keyboard = probe.found.knows_keyboard;
        self.push_keyboard()?;
        Ok(Some(probe))
    }

    fn push_keyboard(&self) -> io::Result<()> {
        if self.knows_keyboard && !HAS_KEYBOARD.swap(true, Ordering::SeqCst) {
            let mut out = stdout();
            queue!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
            out.flush()?;
        }
        Ok(())
    }

    fn enter_modes(&self) -> io::Result<()> {
        enable_raw_mode()?;
        IS_ENTERED.store(true, Ordering::SeqCst);
        let mut out = stdout();
        if self.capabilities.is_smart {
            out.write_all(SAVE_TITLE.as_bytes())?;
        }
        queue!(out, EnterAlternateScreen, EnableBracketedPaste, EnableFocusChange)?;
        if self.wants_mouse {
            out.write_all(REPORT_BUTTONS.as_bytes())?;
        }
        out.flush()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        leave();
    }
}

/// Restores the terminal's former modes; a second call does nothing. Errors are ignored: nobody could handle them.
pub fn leave() {
    if !IS_ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    let mut out = stdout();
    // Ends whatever is in effect: a synchronised update, margins, a scroll region, a colour.
    drop(out.write_all(b"\x1b[?2026l\x1b[?69l\x1b[r\x1b[0m"));
    if HAS_KEYBOARD.swap(false, Ordering::SeqCst) {
        drop(queue!(out, PopKeyboardEnhancementFlags));
    }
    drop(queue!(
        out,
        DisableMouseCapture,
        DisableFocusChange,
        DisableBracketedPaste,
        SetCursorStyle::DefaultUserShape,
        Show,
        LeaveAlternateScreen
    ));
    drop(out.write_all(RESTORE_TITLE.as_bytes()));
    drop(out.flush());
    drop(disable_raw_mode());
}

/// Leaves our modes before a panic is reported, so that the report is readable.
pub fn restore_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        leave();
        report(panic);
    }));
}
