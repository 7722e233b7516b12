//! Which attributes MJML 4 knows, and what values it accepts for them.

use std::collections::HashMap;
use std::sync::LazyLock;

use regex::Regex;

/// The type of an attribute, as MJML writes it down: `color`, `unit(px,%){1,4}`, `enum(left,right)`.
pub(super) type Type = &'static str;

/// The attributes of every element that checks its own; `None` for elements that take what comes.
pub(super) fn attributes(element: &str) -> Option<&'static [(&'static str, Type)]> {
    static TABLE: LazyLock<HashMap<&'static str, Vec<(&'static str, Type)>>> =
        LazyLock::new(|| {
            let read = |list: &'static str| {
                let pairs = list.split(' ').filter_map(|pair| pair.split_once('='));
                pairs.collect()
            };
            ATTRIBUTES
                .iter()
                .map(|(element, list)| (*element, read(list)))
                .collect()
        });
    TABLE.get(element).map(Vec::as_slice)
}

/// What mjml says about a value that is not of a type; `None` if it is.
pub(super) fn complaint(kind: Type, value: &str) -> Option<String> {
    let (name, arguments) = kind.split_once('(').unwrap_or((kind, ""));
    let (arguments, count) = arguments.split_once(')').unwrap_or((arguments, ""));
    let of = |name: &str| format!("has invalid value: {value} for type {name}");
    match name {
        "color" => (!is_color(value)).then(|| of("Color")),
        "boolean" => (!matches!(value, "true" | "false")).then(|| of("Boolean")),
        "integer" => (!value.contains(|c: char| c.is_ascii_digit())).then(|| of("NInteger")),
        "enum" => {
            let known: Vec<&str> = arguments.split(',').collect();
            (!known.contains(&value)).then(|| {
                let known = known.join(", ");
                format!("has invalid value: {value} for type Enum, only accepts {known}")
            })
        }
        "unit" | "unitWithNegative" => (!is_unit(kind, value)).then(|| {
            let units = arguments.split(',').collect::<Vec<_>>().join(", ");
            let count = match count.trim_matches(['{', '}']) {
                "" => "1".to_owned(),
                count => count.replace(',', " to "),
            };
            format!(
                "has invalid value: {value} for type Unit, only accepts ({units}) units and {count} value(s)"
            )
        }),
        _ => None,
    }
}

fn is_color(value: &str) -> bool {
    static WRITTEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let number = "[0-9]{1,3}";
        let three = format!(r"{number},\s?{number},\s?{number}");
        let any = format!(
            r"(?i)rgba\({three},\s?[0-9](\.[0-9]{{1,3}})?\)|rgb\({three}\)|^#([0-9a-f]{{3}}){{1,2}}$"
        );
        Regex::new(&any).ok()
    });
    COLORS.split(' ').any(|color| color == value)
        || WRITTEN
            .as_ref()
            .is_some_and(|written| written.is_match(value))
}

/// One to four numbers with units; each unit type is one regular expression, made once.
fn is_unit(kind: Type, value: &str) -> bool {
    static KINDS: LazyLock<HashMap<Type, Regex>> = LazyLock::new(|| {
        let all = ATTRIBUTES.iter().flat_map(|(_, list)| list.split(' '));
        let kinds = all.filter_map(|pair| pair.split_once('=').map(|(_, kind)| kind));
        kinds
            .filter_map(|kind| Some((kind, unit_pattern(kind)?)))
            .collect()
    });
    KINDS
        .get(kind)
        .is_none_or(|pattern| pattern.is_match(value))
}

fn unit_pattern(kind: Type) -> Option<Regex> {
    let (name, arguments) = kind.split_once('(')?;
    let (units, count) = arguments.split_once(')')?;
    let sign = match name {
        "unit" => "",
        "unitWithNegative" => "-|",
        _ => return None,
    };
    let auto = if units.split(',').any(|unit| unit == "auto") {
        "|auto"
    } else {
        ""
    };
    let units: Vec<&str> = units.split(',').filter(|unit| *unit != "auto").collect();
    let count = if count.is_empty() { "{1}" } else { count };
    let pattern = format!(
        r"^((({sign}[0-9]|,|\.){{1,}}({})|0{auto})( )?){count}$",
        units.join("|")
    );
    Regex::new(&pattern).ok()
}

/// The names of colours.
const COLORS: &str = "\
    aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet \
    brown burlywood cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan \
    darkblue darkcyan darkgoldenrod darkgray darkgreen darkgrey darkkhaki darkmagenta \
    darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen darkslateblue \
    darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey \
    dodgerblue firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray \
    green greenyellow grey honeydew hotpink indianred indigo inherit ivory khaki lavender \
    lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan lightgoldenrodyellow \
    lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue lightslategray \
    lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon mediumaquamarine \
    mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen \
    mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy \
    oldlace olive olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise \
    palevioletred papayawhip peachpuff peru pink plum powderblue purple rebeccapurple red rosybrown \
    royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue slateblue \
    slategray slategrey snow springgreen steelblue tan teal thistle tomato transparent turquoise \
    violet wheat white whitesmoke yellow yellowgreen";

const ATTRIBUTES: &[(&str, &str)] = &[
    (
        "mj-accordion",
        "container-background-color=color border=string font-family=string \
         icon-align=enum(top,middle,bottom) icon-width=unit(px,%) icon-height=unit(px,%) \
         icon-wrapped-url=string icon-wrapped-alt=string icon-unwrapped-url=string \
         icon-unwrapped-alt=string icon-position=enum(left,right) padding-bottom=unit(px,%) \
         padding-left=unit(px,%) padding-right=unit(px,%) padding-top=unit(px,%) \
         padding=unit(px,%){1,4}",
    ),
    (
        "mj-accordion-element",
        "background-color=color border=string font-family=string icon-align=enum(top,middle,bottom) \
         icon-width=unit(px,%) icon-height=unit(px,%) icon-wrapped-url=string icon-wrapped-alt=string \
         icon-unwrapped-url=string icon-unwrapped-alt=string icon-position=enum(left,right)",
    ),
    (
        "mj-accordion-text",
        "background-color=color font-size=unit(px) font-family=string font-weight=string \
         letter-spacing=unitWithNegative(px,em) line-height=unit(px,%,) color=color \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         padding-top=unit(px,%) padding=unit(px,%){1,4}",
    ),
    (
        "mj-accordion-title",
        "background-color=color color=color font-size=unit(px) font-family=string font-weight=string \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         padding-top=unit(px,%) padding=unit(px,%){1,4}",
    ),
    ("mj-attributes", ""),
    ("mj-body", "width=unit(px) background-color=color"),
    ("mj-breakpoint", "width=unit(px)"),
    (
        "mj-button",
        "align=enum(left,center,right) background-color=color border-bottom=string border-left=string \
         border-radius=string border-right=string border-top=string border=string color=color \
         container-background-color=color font-family=string font-size=unit(px) font-style=string \
         font-weight=string height=unit(px,%) href=string name=string title=string \
         inner-padding=unit(px,%){1,4} letter-spacing=unitWithNegative(px,em) line-height=unit(px,%,) \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         padding-top=unit(px,%) padding=unit(px,%){1,4} rel=string target=string text-decoration=string \
         text-transform=string vertical-align=enum(top,bottom,middle) \
         text-align=enum(left,right,center) width=unit(px,%)",
    ),
    (
        "mj-carousel",
        "align=enum(left,center,right) border-radius=unit(px,%){1,4} container-background-color=color \
         icon-width=unit(px,%) left-icon=string padding=unit(px,%){1,4} padding-top=unit(px,%) \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) right-icon=string \
         thumbnails=enum(visible,hidden,supported) tb-border=string tb-border-radius=unit(px,%) \
         tb-hover-border-color=color tb-selected-border-color=color tb-width=unit(px,%)",
    ),
    (
        "mj-carousel-image",
        "alt=string href=string rel=string target=string title=string src=string thumbnails-src=string \
         border-radius=unit(px,%){1,4} tb-border=string tb-border-radius=unit(px,%){1,4}",
    ),
    (
        "mj-column",
        "background-color=color border=string border-bottom=string border-left=string \
         border-radius=unit(px,%){1,4} border-right=string border-top=string direction=enum(ltr,rtl) \
         inner-background-color=color padding-bottom=unit(px,%) padding-left=unit(px,%) \
         padding-right=unit(px,%) padding-top=unit(px,%) inner-border=string inner-border-bottom=string \
         inner-border-left=string inner-border-radius=unit(px,%){1,4} inner-border-right=string \
         inner-border-top=string padding=unit(px,%){1,4} vertical-align=enum(top,bottom,middle) \
         width=unit(px,%)",
    ),
    (
        "mj-divider",
        "border-color=color border-style=string border-width=unit(px) container-background-color=color \
         padding=unit(px,%){1,4} padding-bottom=unit(px,%) padding-left=unit(px,%) \
         padding-right=unit(px,%) padding-top=unit(px,%) width=unit(px,%) align=enum(left,center,right)",
    ),
    ("mj-font", "name=string href=string"),
    (
        "mj-group",
        "background-color=color direction=enum(ltr,rtl) vertical-align=enum(top,bottom,middle) \
         width=unit(px,%)",
    ),
    ("mj-head", ""),
    (
        "mj-hero",
        "mode=string height=unit(px,%) background-url=string background-width=unit(px,%) \
         background-height=unit(px,%) background-position=string border-radius=string \
         container-background-color=color inner-background-color=color inner-padding=unit(px,%){1,4} \
         inner-padding-top=unit(px,%) inner-padding-left=unit(px,%) inner-padding-right=unit(px,%) \
         inner-padding-bottom=unit(px,%) padding=unit(px,%){1,4} padding-bottom=unit(px,%) \
         padding-left=unit(px,%) padding-right=unit(px,%) padding-top=unit(px,%) background-color=color \
         vertical-align=enum(top,bottom,middle)",
    ),
    ("mj-html-attributes", ""),
    (
        "mj-image",
        "alt=string href=string name=string src=string srcset=string sizes=string title=string \
         rel=string align=enum(left,center,right) border=string border-bottom=string border-left=string \
         border-right=string border-top=string border-radius=unit(px,%){1,4} \
         container-background-color=color fluid-on-mobile=boolean padding=unit(px,%){1,4} \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         padding-top=unit(px,%) target=string width=unit(px) height=unit(px,auto) max-height=unit(px,%) \
         font-size=unit(px) usemap=string",
    ),
    (
        "mj-navbar",
        "align=enum(left,center,right) base-url=string hamburger=string \
         ico-align=enum(left,center,right) ico-open=string ico-close=string ico-color=color \
         ico-font-size=unit(px,%) ico-font-family=string ico-text-transform=string \
         ico-padding=unit(px,%){1,4} ico-padding-left=unit(px,%) ico-padding-top=unit(px,%) \
         ico-padding-right=unit(px,%) ico-padding-bottom=unit(px,%) padding=unit(px,%){1,4} \
         padding-left=unit(px,%) padding-top=unit(px,%) padding-right=unit(px,%) \
         padding-bottom=unit(px,%) ico-text-decoration=string ico-line-height=unit(px,%,)",
    ),
    (
        "mj-navbar-link",
        "color=color font-family=string font-size=unit(px) font-style=string font-weight=string \
         href=string name=string target=string rel=string letter-spacing=unitWithNegative(px,em) \
         line-height=unit(px,%,) padding-bottom=unit(px,%) padding-left=unit(px,%) \
         padding-right=unit(px,%) padding-top=unit(px,%) padding=unit(px,%){1,4} text-decoration=string \
         text-transform=string",
    ),
    ("mj-preview", ""),
    ("mj-raw", "position=enum(file-start)"),
    (
        "mj-section",
        "background-color=color background-url=string background-repeat=enum(repeat,no-repeat) \
         background-size=string background-position=string background-position-x=string \
         background-position-y=string border=string border-bottom=string border-left=string \
         border-radius=string border-right=string border-top=string direction=enum(ltr,rtl) \
         full-width=enum(full-width,false,) padding=unit(px,%){1,4} padding-top=unit(px,%) \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         text-align=enum(left,center,right) text-padding=unit(px,%){1,4}",
    ),
    (
        "mj-social",
        "align=enum(left,right,center) border-radius=unit(px,%) container-background-color=color \
         color=color font-family=string font-size=unit(px) font-style=string font-weight=string \
         icon-size=unit(px,%) icon-height=unit(px,%) icon-padding=unit(px,%){1,4} \
         inner-padding=unit(px,%){1,4} line-height=unit(px,%,) mode=enum(horizontal,vertical) \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         padding-top=unit(px,%) padding=unit(px,%){1,4} table-layout=enum(auto,fixed) \
         text-padding=unit(px,%){1,4} text-decoration=string vertical-align=enum(top,bottom,middle)",
    ),
    (
        "mj-social-element",
        "align=enum(left,center,right) icon-position=enum(left,right) background-color=color \
         color=color border-radius=unit(px) font-family=string font-size=unit(px) font-style=string \
         font-weight=string href=string icon-size=unit(px,%) icon-height=unit(px,%) \
         icon-padding=unit(px,%){1,4} line-height=unit(px,%,) name=string padding-bottom=unit(px,%) \
         padding-left=unit(px,%) padding-right=unit(px,%) padding-top=unit(px,%) \
         padding=unit(px,%){1,4} text-padding=unit(px,%){1,4} rel=string src=string srcset=string \
         sizes=string alt=string title=string target=string text-decoration=string \
         vertical-align=enum(top,middle,bottom)",
    ),
    (
        "mj-spacer",
        "border=string border-bottom=string border-left=string border-right=string border-top=string \
         container-background-color=color padding-bottom=unit(px,%) padding-left=unit(px,%) \
         padding-right=unit(px,%) padding-top=unit(px,%) padding=unit(px,%){1,4} height=unit(px,%)",
    ),
    ("mj-style", "inline=string"),
    (
        "mj-table",
        "align=enum(left,right,center) border=string cellpadding=integer cellspacing=integer \
         container-background-color=color color=color font-family=string font-size=unit(px) \
         font-weight=string line-height=unit(px,%,) padding-bottom=unit(px,%) padding-left=unit(px,%) \
         padding-right=unit(px,%) padding-top=unit(px,%) padding=unit(px,%){1,4} \
         role=enum(none,presentation) table-layout=enum(auto,fixed,initial,inherit) \
         vertical-align=enum(top,bottom,middle) width=unit(px,%,auto)",
    ),
    (
        "mj-text",
        "align=enum(left,right,center,justify) background-color=color color=color \
         container-background-color=color font-family=string font-size=unit(px) font-style=string \
         font-weight=string height=unit(px,%) letter-spacing=unitWithNegative(px,em) \
         line-height=unit(px,%,) padding-bottom=unit(px,%) padding-left=unit(px,%) \
         padding-right=unit(px,%) padding-top=unit(px,%) padding=unit(px,%){1,4} text-decoration=string \
         text-transform=string vertical-align=enum(top,bottom,middle)",
    ),
    ("mj-title", ""),
    (
        "mj-wrapper",
        "background-color=color background-url=string background-repeat=enum(repeat,no-repeat) \
         background-size=string background-position=string background-position-x=string \
         background-position-y=string border=string border-bottom=string border-left=string \
         border-radius=string border-right=string border-top=string direction=enum(ltr,rtl) \
         full-width=enum(full-width,false,) padding=unit(px,%){1,4} padding-top=unit(px,%) \
         padding-bottom=unit(px,%) padding-left=unit(px,%) padding-right=unit(px,%) \
         text-align=enum(left,center,right) text-padding=unit(px,%){1,4} gap=unit(px)",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn says(element: &str, attribute: &str, value: &str) -> Option<String> {
        let known = attributes(element).unwrap_or_default();
        let (_, kind) = known.iter().find(|(name, _)| *name == attribute)?;
        complaint(kind, value)
    }

    #[test]
    fn sentences_are_those_of_mjml() {
        for (element, attribute, value, sentence) in [
            (
                "mj-text",
                "color",
                "nope",
                "has invalid value: nope for type Color",
            ),
            (
                "mj-table",
                "cellpadding",
                "x",
                "has invalid value: x for type NInteger",
            ),
            (
                "mj-image",
                "fluid-on-mobile",
                "yes",
                "has invalid value: yes for type Boolean",
            ),
            (
                "mj-text",
                "padding",
                "10em",
                "has invalid value: 10em for type Unit, only accepts (px, %) units and 1 to 4 value(s)",
            ),
            (
                "mj-text",
                "font-size",
                "",
                "has invalid value:  for type Unit, only accepts (px) units and 1 value(s)",
            ),
            (
                "mj-text",
                "align",
                "middle",
                "has invalid value: middle for type Enum, only accepts left, right, center, justify",
            ),
        ] {
            assert_eq!(says(element, attribute, value).as_deref(), Some(sentence));
        }
    }

    #[test]
    fn good_values_are_accepted() {
        for (element, attribute, value) in [
            ("mj-text", "color", "#aBc"),
            ("mj-text", "color", "rgba(0, 0, 0, 0.5)"),
            ("mj-text", "color", "rebeccapurple"),
            ("mj-text", "padding", "0 10px 5% 1.5px"),
            ("mj-text", "line-height", "1.4"),
            ("mj-text", "letter-spacing", "-1px"),
            ("mj-image", "height", "auto"),
            ("mj-section", "full-width", "false"),
        ] {
            assert_eq!(says(element, attribute, value), None, "{attribute}={value}");
        }
    }
}
