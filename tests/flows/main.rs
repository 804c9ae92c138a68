//! Flows over real programs: acknowledged messages survive whatever happens to the server. One flow uses an in-process
//! transport.

mod backup;
mod catching_up;
mod clock;
mod damaged_rows;
mod disk_full;
mod displaced;
mod doctor;
mod durability;
mod forgetting;
mod in_process_door;
mod log;
mod operation;
mod power;
mod pruning;
mod reloading;
mod service_manager;
mod unusable_data;
