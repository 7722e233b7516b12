//! Strings nobody would write, from a fixed seed: nothing panics, and what goes in comes out.

use letterpress::delivery::{eml, letter, message};
use letterpress::email::{Mailbox, is_address};

use crate::judge::{Wanted, check, check_lines};
use crate::messages::{mailbox, rendered};

/// A small generator of our own (xorshift): tests need no good randomness, only the same one every day.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    pub fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len())]
    }

    pub fn text(&mut self, pieces: &[&str], most: usize) -> String {
        let count = self.roll(most + 1);
        (0..count).map(|_| self.pick(pieces)).collect()
    }
}

pub const PIECES: &[&str] = &[
    "a",
    "tea",
    " ",
    "  ",
    "é",
    "ß",
    "李",
    "娜",
    "ليلى",
    "👩‍👩‍👧‍👦",
    "🇳🇱",
    "e\u{301}",
    "\"",
    "\\",
    "'",
    ",",
    ";",
    ":",
    "<",
    ">",
    "@",
    "(",
    ")",
    "[",
    "]",
    ".",
    "..",
    "=?utf-8?q?x?=",
    "=?",
    "?=",
    "=",
    "==",
    "_",
    "<b>",
    "&amp;",
    "ada@example.com",
    "--",
    "%",
    "{{",
    "\u{feff}",
    "\u{200d}",
    "\u{ffff}",
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
];

pub const HOSTILE: &[&str] = &[
    "\r\n",
    "\n",
    "\r",
    "\0",
    "\t",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
    "\u{2028}",
    "\u{202e}",
    "\u{2066}",
    "\r\nBcc: evil@example.com",
    "\r\n\r\n",
    "\u{b}",
    "\u{c}",
    "\u{a0}",
    "\u{3000}",
];

/// What the words of a header are worth: one blank between them, none around them.
pub fn clean(text: &str, name: bool) -> String {
    let seen: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !c.is_control())
        .filter(|c| !name || !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
        .collect();
    seen.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn strange_strings_come_back_as_they_went_in() {
    let pieces: Vec<&str> = PIECES.iter().chain(HOSTILE).copied().collect();
    let mut dice = Dice(0x5eed_1e77_e59e_5501);
    let mut read = Vec::new();
    for round in 0..1_500 {
        let about = format!("round {round}");
        let subject = dice.text(&pieces, if round % 7 == 0 { 120 } else { 12 });
        let name = dice.text(&pieces, if round % 11 == 0 { 90 } else { 8 });
        let text = dice.text(&pieces, 60);
        let html = dice.text(&pieces, 60);
        let to = mailbox(Some(&name), "ada@example.com");
        let mut mail = rendered(&subject, "Tea <hello@tea.example>", Some(to), &text, &html);
        mail.headers.clear();
        let bytes = eml(&mail).unwrap_or_else(|error| panic!("{about}: {error}"));
        let message = message(&mail).expect("a message");
        assert!(message.formatted() == bytes, "{about}: lettre's bytes");
        let wanted = Wanted {
            subject: clean(&subject, false),
            to: Some(Mailbox {
                name: Some(clean(&name, true)).filter(|name| !name.is_empty()),
                address: "ada@example.com".into(),
            }),
            ..Wanted::of(&mail)
        };
        read.push((about, mail, wanted, bytes));
    }
    check(&read);
}

#[test]
fn no_string_anywhere_makes_it_panic() {
    let pieces: Vec<&str> = PIECES.iter().chain(HOSTILE).copied().collect();
    let mut dice = Dice(0x1337_c0de_0bad_cafe);
    let (mut made, mut refused) = (0, 0);
    for round in 0..20_000 {
        let mut mail = rendered("s", "hello@tea.example", None, "a", "b");
        let of = |dice: &mut Dice, usual: &str| match dice.roll(3) {
            0 => dice.text(&pieces, 9),
            1 => format!("{} <{}>", dice.text(&pieces, 4), usual),
            _ => usual.to_owned(),
        };
        mail.from = of(&mut dice, "hello@tea.example");
        mail.subject = of(&mut dice, "s");
        mail.reply_to = (round % 2 == 0).then(|| of(&mut dice, "care@tea.example"));
        let address = match dice.roll(3) {
            0 => dice.text(&pieces, 5),
            1 => format!(
                "{}@{}.example",
                dice.text(&pieces, 2),
                dice.text(&pieces, 2)
            ),
            _ => "ada@example.com".to_owned(),
        };
        mail.to = (round % 5 != 0).then(|| mailbox(Some(&of(&mut dice, "Ada")), &address));
        mail.id = if round % 13 == 0 {
            dice.text(&pieces, 5)
        } else {
            mail.id
        };
        mail.headers[0].value = of(&mut dice, "<https://tea.example/u>");
        match eml(&mail) {
            Ok(bytes) => {
                made += 1;
                check_lines(&bytes, &format!("round {round}"));
                let head = String::from_utf8_lossy(&bytes)
                    .split("\r\n\r\n")
                    .next()
                    .unwrap_or_default()
                    .to_lowercase();
                assert!(!head.contains("\r\nbcc"), "{head}");
                if mail.to.is_some() {
                    let message = message(&mail).expect("a message");
                    assert!(message.formatted() == bytes, "{head}");
                    let letter = letter(&mail, &[]).expect("a letter");
                    let to = message.envelope().to();
                    assert_eq!(to.len(), 1);
                    assert_eq!(letter.to, to[0].to_string());
                    assert!(letter.bytes == bytes, "{head}");
                }
                assert!(mail.to.is_none_or(|to| is_address(&to.address)));
            }
            Err(error) => {
                refused += 1;
                let text = error.to_string();
                assert!(!text.chars().any(char::is_control), "{text:?}");
            }
        }
    }
    assert!(
        made > 4_000 && refused > 4_000,
        "{made} made, {refused} refused"
    );
}
