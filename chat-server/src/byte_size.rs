//! A size in bytes as people read it. Pure; must not know what has the size.

#![deny(clippy::disallowed_methods)]

/// Formats a size in the unit that fits: `4.8 MiB`.
pub(crate) fn byte_size(count: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut size = count as f64;
    let mut unit = "bytes";
    for next in units {
        if size < 1_024.0 {
            break;
        }
        (size, unit) = (size / 1_024.0, next);
    }
    if unit == "bytes" { format!("{count} bytes") } else { format!("{size:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_shown_in_the_unit_that_fits() {
        let found = [0, 1_023, 1_024, 1 << 20, (1 << 30) * 5 / 2, 1 << 50].map(byte_size);
        assert_eq!(found, ["0 bytes", "1023 bytes", "1.0 KiB", "1.0 MiB", "2.5 GiB", "1024.0 TiB"]);
    }
}
