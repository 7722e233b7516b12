//! Names for files that every file system takes.

use super::letter::is_id;

/// Longest part of a name that comes from an address.
const LONGEST: usize = 60;

/// The name of a message's file without its ending: its number, and what of the address is plain.
///
/// The number makes names unique, also where case does not count, and keeps them from being reserved words (`con`).
pub(super) fn stem(number: usize, address: &str) -> String {
    match words(address) {
        words if words.is_empty() => format!("{number:06}"),
        words => format!("{number:06}-{words}"),
    }
}

/// The name of a letter's file: what of the address is plain, and its id, so that it is the same whenever the letter is
/// written.
pub(super) fn of_letter(address: &str, id: &str) -> String {
    match words(address) {
        words if words.is_empty() => format!("{id}.eml"),
        words => format!("{words}-{id}.eml"),
    }
}

/// The id in the name of a letter's file.
pub(super) fn letter_id(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".eml")?;
    let id = stem.rsplit('-').next().unwrap_or(stem);
    is_id(id).then_some(id)
}

/// What of an address is plain.
fn words(address: &str) -> String {
    let mut words = String::new();
    for c in address.chars().take(4 * LONGEST) {
        match c {
            'a'..='z' | '0'..='9' => words.push(c),
            'A'..='Z' => words.push(c.to_ascii_lowercase()),
            // One dot between letters is a domain's; nothing else may lead to a hidden or an upper folder.
            '.' if words.ends_with(|c: char| c.is_ascii_alphanumeric()) => words.push('.'),
            _ if words.is_empty() || words.ends_with(['-', '.']) => {}
            _ => words.push('-'),
        }
        if words.len() >= LONGEST {
            break;
        }
    }
    words.truncate(words.trim_end_matches(['-', '.']).len());
    words
}

/// Whether a file of this name may be one of ours: digits, then nothing or `-` and words of [`stem`], then `ending`.
pub(super) fn is_ours(name: &str, ending: &str) -> bool {
    let Some(stem) = name.strip_suffix(ending) else {
        return false;
    };
    let digits = stem.bytes().take_while(u8::is_ascii_digit).count();
    let words = &stem[digits..];
    digits >= 6
        && (words.is_empty() || words.starts_with('-'))
        && words
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_everywhere() {
        for (address, name) in [
            ("ada@example.com", "000007-ada-example.com"),
            ("Ada+Tea@Example.COM", "000007-ada-tea-example.com"),
            ("o'neil@example.com", "000007-o-neil-example.com"),
            ("ليلى@example.com", "000007-example.com"),
            ("李娜", "000007"),
            ("", "000007"),
            ("../../etc/passwd", "000007-etc-passwd"),
            ("con", "000007-con"),
            ("a\r\n\0b:c|d?.", "000007-a-b-c-d"),
            (".hidden..x", "000007-hidden.x"),
        ] {
            assert_eq!(stem(7, address), name, "{address}");
            assert!(is_ours(&format!("{name}.eml"), ".eml"), "{name}");
        }
        assert!(stem(1_234_567, &"x@".repeat(500)).len() <= 8 + LONGEST);
    }

    #[test]
    fn names_of_letters_hold_their_ids() {
        let id = "00112233445566778899aabbccddeeff";
        for address in ["ada@example.com", "李娜", "", "../../x-"] {
            let name = of_letter(address, id);
            assert_eq!(letter_id(&name), Some(id), "{name}");
            assert!(!name.contains('/') && !name.starts_with('.'), "{name}");
        }
        for name in [
            "a.eml",
            "00112233445566778899aabbccddeeff",
            ".00112233445566778899aabbccddeeff.tmp",
        ] {
            assert_eq!(letter_id(name), None);
        }
    }

    #[test]
    fn what_is_not_ours() {
        for name in [
            "12345.eml",
            "000001",
            "000001-ada.txt",
            "notes.eml",
            "000001x.eml",
            "000001-Ada.eml",
            "2026-letter.eml",
        ] {
            assert!(!is_ours(name, ".eml"), "{name}");
        }
    }
}
