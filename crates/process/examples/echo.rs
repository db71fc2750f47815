//! Standard streams: what comes in goes out again, in chunks, until the input ends.
//!
//! `printf 'a\nb\n' | cargo run -p ferronode-process --example echo`
#![allow(clippy::print_stdout)]

use std::process::ExitCode;

use ferronode_process::{self as process, NoLoop};
use ferronode_stream::StreamError;

fn main() -> ExitCode {
    process::run(|| {
        process::spawn(async {
            process::stderr().write("on standard error\n").await?;
            process::stdout().write("on standard output\n").await?;
            while let Some(chunk) = process::stdin().read().await? {
                process::stdout().write("data: ").await?;
                process::stdout().write(chunk).await?;
            }
            process::stdout().write("end\n").await?;
            // Nobody waits for it: the loop does, before the process ends.
            Ok::<_, StreamError>(())
        })?;
        Ok::<_, NoLoop>(())
    })
}
