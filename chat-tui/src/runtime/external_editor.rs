//! Writing a message in the person's own editor. Must not know what the text is for.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::text::io_reason;

/// Opens `text` in `$VISUAL` or `$EDITOR` and returns the edited text. The terminal must have been left.
///
/// # Errors
/// A sentence for the person; their text stays as it was.
pub(super) async fn edit(text: &str) -> Result<String, String> {
    let file = draft_file(text)?;
    match run_editor(&file).await {
        Ok(()) => take_text(&file),
        Err(reason) => {
            // The text is still in the composer. It must not stay on disk.
            drop(std::fs::remove_file(&file));
            Err(reason)
        }
    }
}

/// Reads the edited text and removes its file. One that cannot be taken stays, as it is nowhere else.
fn take_text(file: &Path) -> Result<String, String> {
    let unusable = |reason: &str| format!("the edited text {reason}; it is still in {}", file.display());
    let bytes = std::fs::read(file).map_err(|error| unusable(&format!("cannot be read ({})", io_reason(&error))))?;
    let text = String::from_utf8(bytes).map_err(|_| unusable("is not UTF-8"))?;
    drop(std::fs::remove_file(file));
    Ok(text)
}

/// Creates a file that only this user can read; in memory if the system has a folder for that, so that no disk keeps the
/// text.
fn draft_file(text: &str) -> Result<PathBuf, String> {
    let folder = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|path| path.is_dir());
    let folder = folder.unwrap_or_else(std::env::temp_dir);
    let mut number = [0; 8];
    getrandom::fill(&mut number).map_err(|error| format!("no random numbers: {error}"))?;
    let path = folder.join(format!("chat-draft-{:016x}.md", u64::from_le_bytes(number)));
    let written = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| format!("cannot write {}: {}", path.display(), io_reason(&error)))?;
    Ok(path)
}

async fn run_editor(file: &Path) -> Result<(), String> {
    let wanted = ["VISUAL", "EDITOR"].into_iter().filter_map(|name| std::env::var(name).ok());
    let editor = wanted.into_iter().find(|editor| !editor.trim().is_empty()).unwrap_or_else(|| "vi".to_owned());
    let words = shell_words::split(&editor).map_err(|error| format!("EDITOR is {editor:?}: {error}"))?;
    let (program, arguments) = words.split_first().ok_or("EDITOR is empty")?;
    let status = Command::new(program).args(arguments).arg(file).status().await;
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program} ended with {status}; nothing was changed")),
        Err(error) => Err(format!("cannot start {program}: {}; set EDITOR", io_reason(&error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edited_text_that_is_not_utf_8_stays_in_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("draft.md");
        std::fs::write(&file, b"caf\xe9").expect("written");
        let reason = take_text(&file).expect_err("Latin-1");
        assert!(reason.contains("not UTF-8") && reason.contains("draft.md"), "{reason}");
        assert_eq!(std::fs::read(&file).expect("there"), b"caf\xe9");
        std::fs::write(&file, "café").expect("written");
        assert_eq!(take_text(&file), Ok("café".to_owned()));
        assert!(!file.exists());
    }
}
