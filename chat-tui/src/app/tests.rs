//! Conversations with a model: what happens, what is shown, what is asked for.
