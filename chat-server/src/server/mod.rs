//! The state that all connections share: settings, stores, services, and the limits that hold for everybody. Must not know
//! requests, frames or sockets.

mod account_limiter;
mod audience;
mod config;
mod failed_sign_ins;
mod retention;
mod room_observers;
mod service;
mod setup_code;
mod sharing;
mod sign_in_limiter;
mod state;
mod trusted_time;

pub use account_limiter::{AccountLimiter, Cost, PostRates};
pub use audience::RoomAudience;
pub use config::{Registration, ServerConfig};
pub use failed_sign_ins::FailedSignIns;
pub use retention::remove_old_messages;
pub use service::{notify_service, service_now};
pub use setup_code::{Redeemed, SetupCode};
pub use sharing::{Recall, share_limits};
pub use sign_in_limiter::SignInLimiter;
pub use state::{Drivers, Server, Stores};
pub use trusted_time::doubtful_days;
