//! Which characters that draw nothing may stay in a text: joiners and variation selectors where a script or an emoji needs
//! them, and no others. Pure; must not know terminals.

#![deny(clippy::disallowed_methods)]

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';

/// Returns whether a character draws nothing and is of no use in any text: fillers, soft hyphens, invisible operators,
/// annotation marks, tags (Unicode's `Default_Ignorable_Code_Point`, without joiners and variation selectors).
pub(super) fn is_always_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Returns whether a character draws nothing by itself but changes its neighbours: a joiner or a variation selector.
pub(super) fn is_selector(c: char) -> bool {
    matches!(c, NON_JOINER | JOINER | '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{e0100}'..='\u{e01ef}')
}

/// Returns whether the selector has an effect between these neighbours.
pub(super) fn has_effect(selector: char, before: Option<char>, after: Option<char>) -> bool {
    let Some(before) = before else { return false };
    match selector {
        NON_JOINER => is_joined_in_script(before, after),
        JOINER => {
            is_joined_in_script(before, after) || (may_precede_joiner(before) && after.is_some_and(is_pictograph))
        }
        '\u{fe0e}' | '\u{fe0f}' => is_pictograph(before) || (is_key(before) && after == Some('\u{20e3}')),
        '\u{fe00}'..='\u{fe0d}' => is_ideograph(before) || is_with_variants(before),
        '\u{e0100}'..='\u{e01ef}' => is_ideograph(before),
        _ => matches!(before, '\u{1820}'..='\u{18aa}'),
    }
}

/// Cursive and Indic scripts: within a word, or behind a virama at its end (Unicode UAX 31, § 2.3).
fn is_joined_in_script(before: char, after: Option<char>) -> bool {
    has_joiners(before) && (after.is_some_and(has_joiners) || is_virama(before))
}

fn has_joiners(c: char) -> bool {
    // Letters and marks, without the punctuation and digits of these blocks.
    let is_word = c.is_alphabetic() || is_virama(c) || matches!(c, '\u{64b}'..='\u{65f}' | '\u{6d6}'..='\u{6ed}');
    is_word
        && matches!(c, '\u{620}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{18aa}'
            | '\u{a840}'..='\u{a8ff}')
}

/// The signs that take the vowel from a consonant: at the same place in each Indic block.
fn is_virama(c: char) -> bool {
    matches!(
        c,
        '\u{94d}'
            | '\u{9cd}'
            | '\u{a4d}'
            | '\u{acd}'
            | '\u{b4d}'
            | '\u{bcd}'
            | '\u{c4d}'
            | '\u{ccd}'
            | '\u{d3b}'
            | '\u{d3c}'
            | '\u{d4d}'
            | '\u{dca}'
            | '\u{1039}'
            | '\u{103a}'
            | '\u{17d2}'
    )
}

/// A pictograph, perhaps with its selector or its skin tone.
fn may_precede_joiner(c: char) -> bool {
    is_pictograph(c) || c == '\u{fe0f}'
}

/// The blocks of the characters that may be drawn as an emoji, skin tones among them.
fn is_pictograph(c: char) -> bool {
    matches!(c, '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2194}'..='\u{21aa}'
        | '\u{231a}'..='\u{23ff}' | '\u{24c2}' | '\u{25aa}'..='\u{27bf}' | '\u{2934}' | '\u{2935}'
        | '\u{2b05}'..='\u{2b55}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// What a keycap is made of.
fn is_key(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3fffd}')
}

/// Other characters with standardised variants: of Myanmar and 'Phags-pa, and mathematical operators.
fn is_with_variants(c: char) -> bool {
    matches!(c, '\u{1000}'..='\u{109f}' | '\u{a840}'..='\u{a877}' | '\u{2200}'..='\u{22ff}' | '\u{2a00}'..='\u{2aff}')
}
