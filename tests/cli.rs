//! Whole screens of the program: the cases of `tests/cli/*.md`; `tests/cli/README.md` says how they are written.

#[test]
fn screens() {
    trycmd::TestCases::new()
        .case("tests/cli/*.md")
        .skip("tests/cli/README.md")
        // Keys that sign links are made at first use; these are fixed, so that links are the same everywhere.
        .env(
            "LETTERPRESS_LINK_KEYS",
            "test:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
        )
        .env("NO_COLOR", "1");
}
