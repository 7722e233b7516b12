//! HTML with less white space, or with lines that show what is in what; either way the same email.
//!
//! White space is taken away or put in only where no mail program shows it: in the head, and next to the parts of a
//! table. Everywhere else one blank stays one blank, because elements beside each other may be inline. Template tags
//! are never touched, nor what `pre`, `textarea` and conditional comments hold.

use std::ops::Range;

use super::elements::is_void;
use crate::language::{FileId, lex};

/// The HTML with as little white space as shows the same, and without comments.
///
/// ```
/// let html = "<table>\n  <tr>\n    <td>Hi  {{ first_name }}</td> <!-- who -->\n  </tr>\n</table>";
/// assert_eq!(letterpress::mjml::minify(html), "<table><tr><td>Hi {{ first_name }}</td></tr></table>");
/// ```
pub fn minify(html: &str) -> String {
    let mut writer = Writer::default();
    for piece in Pieces::new(html) {
        match piece.kind {
            Kind::Space => writer.space(piece.text),
            Kind::Comment => {}
            Kind::Style => writer.piece(&piece, &dense_css(&piece)),
            _ => writer.piece(&piece, &dense_tag(&piece)),
        }
    }
    writer.out
}

/// The HTML with a line for each part of a table and each line of the head, indented by what it is in.
///
/// ```
/// let html = "<table><tr><td>Hi {{ first_name }}</td></tr></table>";
/// assert_eq!(
///     letterpress::mjml::beautify(html),
///     "<table>\n  <tr>\n    <td>Hi {{ first_name }}</td>\n  </tr>\n</table>",
/// );
/// ```
pub fn beautify(html: &str) -> String {
    let mut writer = Writer {
        indents: true,
        ..Writer::default()
    };
    for piece in Pieces::new(html) {
        match piece.kind {
            Kind::Space => writer.space(piece.text),
            Kind::Style => writer.piece(&piece, piece.text),
            _ => writer.piece(&piece, &dense_tag(&piece)),
        }
    }
    writer.out
}

/// What has been written, and the white space that comes before the next piece.
#[derive(Default)]
struct Writer {
    out: String,
    indents: bool,
    depth: usize,
    /// Whether nothing shows of white space behind what was written last.
    free: bool,
    blank: bool,
    line_end: bool,
}

impl Writer {
    fn space(&mut self, text: &str) {
        self.blank = true;
        self.line_end |= text.contains('\n');
    }

    fn piece(&mut self, piece: &Piece<'_>, text: &str) {
        if piece.kind == Kind::Close {
            self.depth = self.depth.saturating_sub(1);
        }
        let free = self.free || piece.free_before();
        let starts = self.out.is_empty();
        match (free, self.indents) {
            _ if starts => {}
            (true, false) => {}
            (true, true) => self.line(),
            (false, true) if self.line_end => self.line(),
            (false, false) if self.line_end => self.out.push('\n'),
            (false, _) if self.blank => self.out.push(' '),
            (false, _) => {}
        }
        self.out.push_str(text);
        if piece.kind == Kind::Open {
            self.depth += 1;
        }
        self.free = piece.free_after();
        (self.blank, self.line_end) = (false, false);
    }

    fn line(&mut self) {
        self.out.push('\n');
        // Deeper than this, the indentation is all one sees.
        self.out
            .extend(std::iter::repeat_n("  ", self.depth.min(40)));
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Space,
    Word,
    Template,
    Open,
    Close,
    /// A tag that has no end, a doctype, a conditional comment.
    Alone,
    Comment,
    Style,
    /// What `pre`, `textarea`, `script` and `title` hold.
    Verbatim,
}

#[derive(Debug)]
struct Piece<'h> {
    kind: Kind,
    text: &'h str,
    /// Of a tag, in lower case.
    name: String,
    in_head: bool,
    /// The template tags in it, counted from its start.
    tags: Vec<Range<usize>>,
}

/// Elements between whose tags no text can stand.
const TABLE_PARTS: &[&str] = &["tbody", "thead", "tfoot", "tr", "colgroup", "col"];

impl Piece<'_> {
    fn is_table_part(&self) -> bool {
        TABLE_PARTS.contains(&&*self.name)
    }

    fn free_before(&self) -> bool {
        let closes = self.kind == Kind::Close;
        if self.is_content() || closes && OPAQUE.contains(&&*self.name) {
            return false;
        }
        self.in_head
            || self.is_table_part()
            || match &*self.name {
                "td" | "th" => !closes,
                "table" | "body" => closes,
                "html" => true,
                _ => false,
            }
    }

    fn free_after(&self) -> bool {
        let closes = self.kind == Kind::Close;
        if self.is_content() || !closes && OPAQUE.contains(&&*self.name) {
            return false;
        }
        self.in_head
            || self.is_table_part()
            || match &*self.name {
                "td" | "th" => closes,
                "table" => !closes,
                "body" | "html" => true,
                _ => false,
            }
    }

    /// Whether it is what an element holds whose content is not HTML.
    fn is_content(&self) -> bool {
        matches!(self.kind, Kind::Style | Kind::Verbatim)
    }
}

/// Elements whose content is not HTML, or in which white space shows.
const OPAQUE: &[&str] = &["pre", "textarea", "script", "title", "style"];

/// HTML, cut into pieces; a template tag is never cut.
struct Pieces<'h> {
    html: &'h str,
    /// The same in lower case, byte for byte.
    lower: String,
    at: usize,
    /// The template tags that are not passed yet, the next one last.
    tags: Vec<Range<usize>>,
    head_ends: usize,
    /// The element whose content is not HTML, if one was just opened.
    opaque: Option<String>,
}

impl<'h> Pieces<'h> {
    fn new(html: &'h str) -> Pieces<'h> {
        let mut start = 0;
        let mut tags = Vec::new();
        for token in lex(html, FileId(0)) {
            let end = start + token.text.len();
            if token.is_markup() {
                tags.push(start..end);
            }
            start = end;
        }
        tags.reverse();
        let lower = html.to_ascii_lowercase();
        let head = lower.find("<head");
        Pieces {
            html,
            at: 0,
            tags,
            head_ends: head.and_then(|_| lower.find("<body")).unwrap_or(0),
            lower,
            opaque: None,
        }
    }

    fn rest(&self) -> &'h str {
        &self.html[self.at..]
    }

    /// Where the next template tag starts.
    fn next_tag(&self) -> usize {
        self.tags.last().map_or(self.html.len(), |tag| tag.start)
    }

    /// The end of the element tag that starts here: behind its `>`, which may stand in quotes or in template tags before.
    fn end_of_element_tag(&self) -> usize {
        let mut tags = self.tags.iter().rev().peekable();
        let mut quote = None;
        let mut at = self.at + 1;
        while let Some(&byte) = self.html.as_bytes().get(at) {
            if let Some(tag) = tags.next_if(|tag| tag.start == at) {
                at = tag.end;
                continue;
            }
            at += 1;
            match quote {
                Some(open) if byte == open => quote = None,
                Some(_) => {}
                None if byte == b'>' => return at,
                None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
                None => {}
            }
        }
        self.html.len()
    }

    fn take(&mut self, kind: Kind, end: usize, name: String) -> Piece<'h> {
        let from = self.at;
        let mut tags = Vec::new();
        while let Some(tag) = self.tags.pop_if(|tag| tag.start < end) {
            tags.push(tag.start - from..tag.end - from);
        }
        self.at = end;
        Piece {
            kind,
            text: &self.html[from..end],
            name,
            in_head: from < self.head_ends,
            tags,
        }
    }
}

impl<'h> Iterator for Pieces<'h> {
    type Item = Piece<'h>;

    fn next(&mut self) -> Option<Piece<'h>> {
        if self.at == self.html.len() {
            return None;
        }
        let rest = self.rest();
        let behind = |mark: &str| {
            rest.find(mark)
                .map_or(self.html.len(), |end| self.at + end + mark.len())
        };
        if let Some(name) = self.opaque.take() {
            let close = format!("</{name}");
            let end = self.lower[self.at..]
                .find(&close)
                .map_or(self.html.len(), |end| self.at + end);
            if end > self.at {
                let kind = if name == "style" {
                    Kind::Style
                } else {
                    Kind::Verbatim
                };
                return Some(self.take(kind, end, String::new()));
            }
        }
        if self.next_tag() == self.at {
            let end = self.tags.last().map_or(self.html.len(), |tag| tag.end);
            return Some(self.take(Kind::Template, end, String::new()));
        }
        if rest.starts_with("<!--") {
            let end = behind("-->");
            let conditional = rest.starts_with("<!--[if") || rest.starts_with("<!--<!");
            let kind = if conditional || self.next_tag() < end {
                Kind::Alone
            } else {
                Kind::Comment
            };
            return Some(self.take(kind, end, String::new()));
        }
        if rest.starts_with("<![") {
            let end = behind(">");
            return Some(self.take(Kind::Alone, end, String::new()));
        }
        let space = rest.len() - rest.trim_start_matches(is_blank).len();
        if space > 0 {
            let end = (self.at + space).min(self.next_tag());
            return Some(self.take(Kind::Space, end, String::new()));
        }
        let named = rest.trim_start_matches('<').trim_start_matches('/');
        if rest.starts_with('<') && named.starts_with(|c: char| c.is_ascii_alphabetic() || c == '!')
        {
            let end = self.end_of_element_tag();
            let length = named
                .find(|c: char| !c.is_ascii_alphanumeric())
                .unwrap_or(named.len());
            let name = named[..length].to_ascii_lowercase();
            let text = &self.html[self.at..end];
            let kind = match () {
                () if text.starts_with("</") => Kind::Close,
                () if named.starts_with('!') || text.ends_with("/>") || is_void(&name) => {
                    Kind::Alone
                }
                () => Kind::Open,
            };
            if kind == Kind::Open && OPAQUE.contains(&&*name) {
                self.opaque = Some(name.clone());
            }
            return Some(self.take(kind, end, name));
        }
        let mut letters = rest.char_indices().skip(1);
        let length = letters
            .find(|(_, c)| is_blank(*c) || *c == '<')
            .map_or(rest.len(), |(end, _)| end);
        let end = (self.at + length).min(self.next_tag());
        Some(self.take(Kind::Word, end, String::new()))
    }
}

/// HTML's white space; a no-break space is none.
fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\x0c')
}

/// A tag with one blank between its attributes; anything else as it is.
fn dense_tag(piece: &Piece<'_>) -> String {
    if piece.name.is_empty() {
        return piece.text.to_owned();
    }
    let dense = squeezed(piece);
    match dense.strip_suffix(" >") {
        Some(tag) => format!("{tag}>"),
        None => dense,
    }
}

/// Style sheets without the white space that separates nothing.
fn dense_css(piece: &Piece<'_>) -> String {
    let css = squeezed(piece);
    // The braces of template tags are none of CSS: where a style sheet has tags, its blanks stay.
    if !piece.tags.is_empty() {
        return css;
    }
    let separates = |c: Option<char>| matches!(c, None | Some('{' | '}' | ';' | ','));
    let mut out = String::with_capacity(css.len());
    let mut quotes = Quotes::default();
    let mut characters = css.chars().peekable();
    while let Some(c) = characters.next() {
        let before = out.chars().next_back();
        let next = characters.peek().copied();
        if c == ' '
            && !quotes.open()
            && (separates(before) || separates(next) || before == Some(':'))
        {
            continue;
        }
        quotes.pass(c);
        out.push(c);
    }
    out
}

/// A piece in which runs of white space became one blank, outside its template tags and outside quotes.
fn squeezed(piece: &Piece<'_>) -> String {
    let mut out = String::with_capacity(piece.text.len());
    let mut tags = piece.tags.iter().peekable();
    let mut quotes = Quotes::default();
    let mut blank = false;
    for (at, c) in piece.text.char_indices() {
        while tags.next_if(|tag| tag.end <= at).is_some() {}
        let in_tag = tags.peek().is_some_and(|tag| tag.start <= at);
        if !in_tag && !quotes.open() && is_blank(c) {
            blank = true;
            continue;
        }
        if std::mem::take(&mut blank) {
            out.push(' ');
        }
        out.push(c);
        if !in_tag {
            quotes.pass(c);
        }
    }
    if blank {
        out.push(' ');
    }
    out
}

/// Whether a text that is read from its start stands in quotes.
#[derive(Default)]
struct Quotes(Option<char>);

impl Quotes {
    fn open(&self) -> bool {
        self.0.is_some()
    }

    fn pass(&mut self, c: char) {
        match self.0 {
            Some(open) if c == open => self.0 = None,
            None if matches!(c, '"' | '\'') => self.0 = Some(c),
            _ => {}
        }
    }
}
