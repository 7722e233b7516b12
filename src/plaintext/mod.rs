//! The text part of an email, derived from its HTML.
//!
//! It is derived **once**, when the email is compiled: [`from_html`] takes the tokens of the HTML document and
//! gives the tokens of a text that a person could have written, with every template tag at its place. That text
//! is then rendered for each recipient, without HTML escaping, and [`tidy`] is run over the result, because what
//! a branch leaves behind when it prints nothing can only be seen then. A value that holds HTML at run time
//! (`|safe`, a literal with entities) goes through [`of_fragment`].
//!
//! ```
//! use letterpress::language::{FileId, lex};
//! use letterpress::plaintext::{from_html, tidy};
//!
//! let html = r#"<h1>Hello {{ first_name }}</h1>
//!   <table>{% for item in items %}
//!     <tr><td><a href="{{ item.url }}">{{ item.title }}</a></td><td>${{ item.price }}</td></tr>
//!   {% endfor %}</table>
//!   <p>Tea &amp; kettles<br>London</p>"#;
//! let text: String = from_html(&lex(html, FileId(0))).iter().map(|token| &*token.text).collect();
//! assert_eq!(text, "\
//! Hello {{ first_name }}
//!
//! {% for item in items %}{{ item.title }} ({{ item.url }})  ${{ item.price }}
//! {% endfor %}
//! Tea & kettles
//! London");
//!
//! // No items: the blank lines around the loop meet, and become one.
//! assert_eq!(tidy("Hello Ada\n\n\nTea & kettles\nLondon"), "Hello Ada\n\nTea & kettles\nLondon\n");
//! ```
//!
//! # How it works
//!
//! | file | is given | gives |
//! |---|---|---|
//! | `control` | the template tags | what each does to the text around it; whether a stretch of them is balanced |
//! | `document` | tokens | the HTML as events, by an HTML tokenizer that sees each tag as one opaque word |
//! | `shape` | events | which elements are dropped, which rows are data, which lists can be numbered |
//! | `compose`, `links` | events | contents, tags, and the separators that lie between them |
//! | `spacing` | contents and separators | tokens: every separator as blanks and line ends, inside the right branch |
//!
//! There is never a tree: a tree builder would move `{% for %}` out of the table that it stands in.

mod address;
mod characters;
mod compose;
mod control;
mod document;
mod fragment;
mod links;
mod shape;
mod spacing;
mod tidy;

use crate::language::Token;

pub use fragment::of_fragment;
pub use tidy::tidy;

/// The tokens of a text part, from the tokens of an HTML document.
///
/// Texts become readable plain text. Template tags stay as they are, in their order, with their spans; dropped
/// are comments of the template language, and tags that stand where the reader of the HTML sees nothing either
/// (in a style sheet, in an attribute other than `href` and `alt`, in a comment for Outlook, in a hidden
/// element), unless dropping them would leave half a pair behind or lose a variable that they set.
///
/// ```
/// use letterpress::language::{FileId, lex};
/// use letterpress::plaintext::from_html;
/// let text = |html: &str| -> String {
///     from_html(&lex(html, FileId(0))).iter().map(|token| &*token.text).collect()
/// };
/// assert_eq!(text("<a href='{% unsubscribe_link %}'>Stop</a>"), "Stop ({% unsubscribe_link %})");
/// assert_eq!(text("<ul><li>Green<li class='{{ c }}'>Black</ul>"), "- Green\n- Black");
/// assert_eq!(text("<!--{% if a %}--><b>A</b><!--{% endif %}-->"), "{% if a %}A{% endif %}");
/// ```
pub fn from_html<'s>(tokens: &[Token<'s>]) -> Vec<Token<'s>> {
    let tags = control::Tags::of(tokens);
    let document = document::Document::read(tokens, &tags);
    let shape = shape::Shape::of(&document, &tags);
    let composition = compose::compose(&document, &tags, &shape);
    spacing::set(&composition, &tags, tokens)
}
