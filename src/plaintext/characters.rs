//! Characters of HTML as characters of text: white space collapsed, invisible padding dropped.

/// White space before and after what [`collapse`] wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Around {
    pub(super) before: bool,
    pub(super) after: bool,
}

/// Writes `text` to `out` with runs of white space as one blank and none at the ends.
pub(super) fn collapse(text: &str, out: &mut String) -> Around {
    let from = out.len();
    let mut around = Around::default();
    let mut characters = text.chars().peekable();
    // The last visible character that was written here, for characters that join two.
    let mut last = None;
    while let Some(c) = characters.next() {
        if is_space(c) {
            around.after = true;
            last = None;
            continue;
        }
        if is_padding(c)
            || (is_joiner(c) && !(last.is_some() && characters.peek().is_some_and(joins)))
        {
            continue;
        }
        if around.after {
            if out.len() == from {
                around.before = true;
            } else {
                out.push(' ');
            }
            around.after = false;
        }
        out.push(c);
        last = Some(c);
    }
    if out.len() == from {
        around.before = around.after;
    }
    around
}

/// White space, also such as does not break lines.
fn is_space(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t'
            | '\n'
            | '\r'
            | '\u{b}'
            | '\u{c}'
            | '\u{85}'
            | '\u{a0}'
            | '\u{2007}'
            | '\u{2028}'
            | '\u{2029}'
    )
}

/// Characters that nobody sees and that join nothing: what pads a preheader.
fn is_padding(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{180e}' | '\u{200b}' | '\u{2060}' | '\u{feff}'
    )
}

/// Characters that shape their neighbours, in Persian and in emoji, and that pad preheaders as well.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}' | '\u{200d}')
}

fn joins(next: &char) -> bool {
    !is_space(*next) && !is_padding(*next) && !is_joiner(*next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collapsed(text: &str) -> (String, bool, bool) {
        let mut out = String::from("x");
        let around = collapse(text, &mut out);
        (out.split_off(1), around.before, around.after)
    }

    #[test]
    fn white_space_collapses() {
        assert_eq!(collapsed(" a \n\t b"), ("a b".into(), true, false));
        assert_eq!(collapsed("a\u{a0}\u{a0}b "), ("a b".into(), false, true));
        assert_eq!(collapsed(" \n"), (String::new(), true, true));
        assert_eq!(collapsed(""), (String::new(), false, false));
    }

    #[test]
    fn padding_goes_and_joiners_stay_where_they_join() {
        assert_eq!(collapsed("\u{200c}\u{a0}\u{34f}\u{feff} \u{200c}").0, "");
        assert_eq!(collapsed("soft\u{ad}ly").0, "softly");
        assert_eq!(
            collapsed("👩\u{200d}🍳 می\u{200c}خواهم").0,
            "👩\u{200d}🍳 می\u{200c}خواهم"
        );
    }
}
