//! The `haibao` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    haibao::cli::run()
}
