//! Real programs on real screens: the client as a person sees and uses it, and the state it leaves the terminal in.

mod coming_back;
mod conversation;
mod hands;
mod leaving;
mod links;
mod manners;
mod outage;
mod outbox;
mod probing;
mod put_back;
mod signing_in;
