//! Text from others: made safe for a terminal, measured, wrapped, named in short, and searched for links and names. Must not know
//! messages or how a screen is drawn.

mod digest;
mod inline;
mod invisible;
mod io_reason;
mod links;
mod measure;
mod safe;
mod wrap;

pub use digest::short_digest;
pub use inline::{Inline, Mark, addresses, marks};
pub use io_reason::io_reason;
pub use links::Links;
pub use measure::{fit, prefix_width, width};
pub use safe::{SafeText, is_unsafe};
pub use wrap::{wrap_verbatim, wrap_words};
