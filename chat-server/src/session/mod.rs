//! One signed-in connection: what it may say, and who serves it. Must not know sockets.

mod app;
mod audience;
mod chain;
mod connection;
mod dispatch;
mod error;
mod failed_sign_ins;
mod handlers;
mod hello;
mod limiter;
mod mentions;
mod room_observers;
mod service;
mod setup_code;
mod sharing;
mod sign_in_limiter;

pub use app::{App, AppConfig, Drivers, Registration, Stores};
pub use connection::{Connection, Incoming};
pub use service::notify_service;
pub use sharing::share_limits;
