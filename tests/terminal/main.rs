//! Real programs on real screens: what a person sees and does, and how the terminal is left.

mod conversation;
mod leaving;
mod manners;
mod outage;
mod outbox;
