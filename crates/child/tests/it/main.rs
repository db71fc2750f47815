//! The public face of `ferronode-child`. This program is its own child: with a channel it plays the part named by its
//! first argument.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod child;
mod endings;
mod forking;

use std::process::ExitCode;
use std::time::Duration;

use ferronode_ipc::Inherited;
use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Some(inherited) = Inherited::take().unwrap() {
        return child::play(inherited);
    }
    let cases = [forking::TRIALS, endings::TRIALS].concat();
    let trials = cases.into_iter().map(|(name, test)| {
        Trial::test(name, move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(2)
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async { tokio::time::timeout(Duration::from_secs(30), test()).await })?;
            Ok(())
        })
    });
    // One at a time: some count the descriptors and children of this process.
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// A test by its name.
type Case = (&'static str, fn() -> std::pin::Pin<Box<dyn Future<Output = ()>>>);

/// Makes the table of a module's tests: their names are those of the functions.
macro_rules! trials {
    ($($name:ident),* $(,)?) => {
        pub(crate) const TRIALS: &[crate::Case] = &[$((stringify!($name), || Box::pin($name()))),*];
    };
}
use trials;
