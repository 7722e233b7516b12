//! The command line: arguments, one call into the library, printing. One file a command.

mod audience;
mod beside;
mod campaign;
mod check;
mod compile;
mod data;
mod explain;
mod feeds;
mod flows;
mod init;
mod open;
mod output;
#[cfg(feature = "preview")]
mod preview;
mod render;
mod segments;
mod table;
mod target;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use output::{Output, Trouble};

/// Renders Klaviyo-style emails outside Klaviyo: template tags, MJML, real people and events.
#[derive(Debug, Parser)]
#[command(
    name = "letterpress",
    version,
    propagate_version = true,
    max_term_width = 100
)]
#[command(after_help = "Data goes to standard output, talk to standard error.\n\
    Exit status: 0 done; 1 done, but not for all; 2 could not run; 130 interrupted.")]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Flags of every command.
#[derive(Debug, Args)]
struct Global {
    /// The project: a folder or its letterpress.toml [default: found upwards from here]
    #[arg(long, global = true, value_name = "PATH")]
    project: Option<PathBuf>,
    /// Moves every clock: RFC 3339; without an offset, in the account's zone [default: the time of day]
    #[arg(long, global = true, value_name = "TIME")]
    now: Option<String>,
    /// How messages and tables are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// When to use colours; NO_COLOR is obeyed
    #[arg(long, global = true, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    color: When,
    /// Says only what went wrong
    #[arg(short, long, global = true)]
    quiet: bool,
    /// Says more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    /// The same: `check` has no tables
    #[value(hide = true)]
    Text,
    Json,
    /// For `check`: lines that GitHub shows beside a change
    Github,
    /// For `check`: SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// For `campaign report`: a page
    #[value(hide = true)]
    Html,
    /// For `campaign report`: Markdown
    #[value(hide = true)]
    Md,
    /// For `campaign report`: a line a person
    #[value(hide = true)]
    Csv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Writes a new project: the sample shop, its emails, a campaign
    Init(init::InitArgs),
    /// Renders one email for one person, to standard output
    Render(render::RenderArgs),
    /// Shows the emails in the browser while they are written, with real people and events
    #[cfg(feature = "preview")]
    Preview(preview::PreviewArgs),
    /// Compiles MJML to HTML with every tag kept, ready to paste into Klaviyo
    Compile(compile::CompileArgs),
    /// Finds mistakes before a send: names that nobody has, filters that cannot work, a missing link
    Check(check::CheckArgs),
    /// Explains a tag, a filter, or the code of a message
    Explain(explain::ExplainArgs),
    /// People, events, metrics and the catalog, as Klaviyo shows them
    #[command(subcommand)]
    Data(data::DataCommand),
    /// Product feeds: what is in them, for everybody or for one person, and why
    #[command(subcommand)]
    Feeds(feeds::FeedsCommand),
    /// Segments: who is in them, and why
    #[command(subcommand)]
    Segments(segments::SegmentsCommand),
    /// Flows: whom they keep, and whom a date brings in
    #[command(subcommand)]
    Flows(flows::FlowsCommand),
    /// Campaigns: one email for many people
    #[command(subcommand)]
    Campaign(campaign::CampaignCommand),
}

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let output = Output::new(&cli.global);
    if matches!(cli.global.format, Format::Github | Format::Sarif)
        && !matches!(cli.command, Command::Check(_))
    {
        output.trouble(&Trouble::told("--format github and sarif are for check"));
        return ExitCode::from(2);
    }
    let is_report = matches!(
        cli.command,
        Command::Campaign(campaign::CampaignCommand::Report(_))
    );
    if matches!(cli.global.format, Format::Html | Format::Md | Format::Csv) && !is_report {
        output.trouble(&Trouble::told(
            "--format html, md and csv are for campaign report",
        ));
        return ExitCode::from(2);
    }
    let result = match cli.command {
        Command::Init(args) => init::run(&args, &output),
        Command::Render(args) => render::run(args, &cli.global, &output),
        #[cfg(feature = "preview")]
        Command::Preview(args) => preview::run(&args, &cli.global, &output),
        Command::Compile(args) => compile::run(args, &cli.global, &output),
        Command::Check(args) => check::run(args, &cli.global, &output),
        Command::Explain(args) => explain::run(args, &output),
        Command::Data(command) => data::run(command, &cli.global, &output),
        Command::Feeds(command) => feeds::run(command, &cli.global, &output),
        Command::Segments(command) => segments::run(command, &cli.global, &output),
        Command::Flows(command) => flows::run(command, &cli.global, &output),
        Command::Campaign(command) => campaign::run(command, &cli.global, &output),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        // Whoever read our output has seen enough: `letterpress render … | head`.
        Err(Trouble::BrokenPipe) => ExitCode::SUCCESS,
        Err(trouble) => {
            output.trouble(&trouble);
            ExitCode::from(2)
        }
    }
}
