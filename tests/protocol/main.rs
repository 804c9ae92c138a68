//! The protocol frame by frame: refusals, retries, limits, and a client on plain sockets.

mod access_matrix;
mod ephemeral;
mod fair_sign_ins;
mod history;
mod http;
mod leaving;
mod people;
mod plain_client;
mod presence;
mod published_limits;
mod refusals;
mod repeating;
mod restoring;
mod resuming;
mod rooms;
mod signing_in;
mod unread;
mod unreadable;
