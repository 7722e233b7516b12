//! Every tag and filter has documentation and an example, and every example holds.

use letterpress::language::{EXAMPLE_CONTEXT, Registry, Template};
use letterpress::value::from_json;

#[test]
fn every_example_of_the_registry_holds() {
    let registry = Registry::standard();
    let context = from_json(EXAMPLE_CONTEXT).unwrap();
    let entries = registry
        .tags()
        .map(|t| (t.name, t.doc, t.example))
        .chain(registry.filters().map(|f| (f.name, f.doc, f.example)));
    let mut wrong = Vec::new();
    for (name, doc, (source, expected)) in entries {
        if doc.is_empty() {
            wrong.push(format!("{name}: no documentation"));
        }
        match Template::from_example(source) {
            Err(errors) => wrong.push(format!("{name}: {source}\n  {}", errors[0])),
            Ok(template) => match template.render_html(&context) {
                Ok(out) if out == expected => {}
                Ok(out) => wrong.push(format!(
                    "{name}: {source}\n  expected {expected:?}\n  got      {out:?}"
                )),
                Err(error) => wrong.push(format!("{name}: {source}\n  {error}")),
            },
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
