//! Flows over real programs: what was acknowledged stays, whatever happens to the server.

mod catching_up;
mod clock;
mod disk_full;
mod doctor;
mod durability;
mod forgetting;
mod operation;
mod power;
