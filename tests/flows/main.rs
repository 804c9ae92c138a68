//! Flows over real programs: what was acknowledged stays, whatever happens to the server. One flow goes through a door of its own,
//! in this process.

mod catching_up;
mod clock;
mod disk_full;
mod doctor;
mod durability;
mod forgetting;
mod in_process_door;
mod operation;
mod power;
