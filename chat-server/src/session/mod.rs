//! One signed-in connection: what it may say, and who serves it. Must not know sockets.

mod app;
mod audience;
mod chain;
mod conversation;
mod dispatch;
mod doors;
mod error;
mod gate;
mod guesses;
mod handlers;
mod hello;
mod limiter;
mod mentions;
mod room_observers;
mod service;
mod setup_code;
mod sharing;

pub use app::{App, AppConfig, Drivers, Registration, Stores};
pub use conversation::{Incoming, Origin, Session};
pub use service::tell_service;
pub use sharing::share_limits;
