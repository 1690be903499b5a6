//! Checks of the characters of a text.

/// Returns `true` for a character that has no glyph: a zero-width space or joiner, a byte order
/// mark, a direction mark, a soft hyphen, a variation selector.
///
/// These are the characters with the Unicode property `Default_Ignorable_Code_Point`.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Returns `true` for a dash, hyphen or minus sign: the Unicode category `Pd`, and the signs that
/// look alike.
pub(super) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2d7}'
            | '\u{58a}'
            | '\u{5be}'
            | '\u{1400}'
            | '\u{1806}'
            | '\u{2010}'..='\u{2015}'
            | '\u{2043}'
            | '\u{2212}'
            | '\u{2e17}'
            | '\u{2e1a}'
            | '\u{2e3a}'..='\u{2e3b}'
            | '\u{2e40}'
            | '\u{2e5d}'
            | '\u{301c}'
            | '\u{3030}'
            | '\u{30a0}'
            | '\u{30fc}'
            | '\u{fe31}'..='\u{fe32}'
            | '\u{fe58}'
            | '\u{fe63}'
            | '\u{10ead}'
    )
}

/// Returns `true` for a full stop or a dot at any height.
pub(super) fn is_dot(c: char) -> bool {
    matches!(
        c,
        '.' | '\u{b7}'
            | '\u{2022}'
            | '\u{2024}'
            | '\u{2027}'
            | '\u{2219}'
            | '\u{22c5}'
            | '\u{3002}'
            | '\u{30fb}'
            | '\u{fe52}'
            | '\u{ff61}'
            | '\u{ff65}'
    )
}

/// Returns the ASCII character of a full-width one, and any other character as it is.
pub(super) fn fold_width(c: char) -> char {
    const OFFSET: u32 = 0xfee0;
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - OFFSET).unwrap_or(c),
        '\u{fe62}' => '+',
        '\u{fe59}' => '(',
        '\u{fe5a}' => ')',
        _ => c,
    }
}

/// Returns the length of a text in UTF-16 code units. A character above U+FFFF, such as most emoji,
/// counts as two. The API does not document how it counts, and this count is the highest that a
/// server is likely to use.
pub(crate) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Returns whether the text has no control character.
pub(crate) fn is_printed(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_utf_16_code_units() {
        for (text, expected) in [
            ("", 0),
            ("abc", 3),
            ("blåbær", 6),
            ("🧦", 2),
            ("a🧦ø", 4),
            ("e\u{301}", 2),
        ] {
            assert_eq!(length(text), expected, "{text}");
        }
    }
}
