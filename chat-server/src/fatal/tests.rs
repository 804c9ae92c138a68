//! The forms of a fatal error.

use super::*;
use crate::store::sqlite::{FolderError, OpenError};
use crate::transport::BindError;

#[test]
fn a_report_names_the_next_step_on_a_terminal_and_in_one_line() {
    // Another test of this process may have installed it.
    drop(install_reports());
    let report = report(BindError::InUse { path: "/run/chat/s".into() }.into());
    let words = "another server listens at /run/chat/s; stop it, or choose another path with --unix";
    assert_eq!(in_one_line(&report), words);
    assert_eq!(in_one_line(&report.wrap_err("cannot start")), format!("cannot start: {words}"));
}

#[test]
fn on_a_terminal_the_next_step_is_a_section_of_its_own() {
    drop(install_reports());
    let shown = format!("{:?}", report(BindError::InUse { path: "/run/chat/s".into() }.into()));
    for part in ["another server listens at /run/chat/s\n", "Suggestion", "stop it, or choose another path with --unix"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    assert!(!shown.contains("Location"), "{shown}");
}

#[test]
fn a_cause_is_named_once() {
    drop(install_reports());
    let error = || std::io::Error::from_raw_os_error(98);
    let address = "127.0.0.1:4000".parse().expect("an address");
    let bound = ServeError::from(BindError::Tcp { address, error: error() });
    let unix = ServeError::from(BindError::Unix { path: "/run/chat/s".into(), error: error() });
    let folder = FolderError::Io { path: "/srv/chat".into(), error: error() };
    let opened = ServeError::from(OpenError::Folder(folder));
    for refused in [bound, unix, opened] {
        let report = report(refused);
        for words in [in_one_line(&report), in_lines(&report)] {
            assert_eq!(words.matches("os error 98").count(), 1, "{words}");
        }
        assert_eq!(format!("{report:?}").matches("os error 98").count(), 1, "{report:?}");
    }
}
