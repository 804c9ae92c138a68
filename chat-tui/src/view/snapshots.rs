//! Screens as pictures in text.
