//! What scrolling and clicking need of a drawn screen.
