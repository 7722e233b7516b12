//! The command-line program; all it does is in the library.

/// Messages are made on one thread and dropped on another; on two cores the system's allocator of Linux loses a quarter
/// of the time to its locks. The library leaves the choice to its program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    letterpress::cli::main()
}
