//! The public face of `ferronode-cluster`. This program is its own worker: the variable `PART` says which part it plays.
#![allow(clippy::unwrap_used)]

mod endings;
mod ledger;
mod protocol;
mod serving;
mod worker;

use std::process::ExitCode;
use std::time::Duration;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if ferronode_cluster::is_worker() {
        return worker::play();
    }
    let cases = [serving::TRIALS, endings::TRIALS, ledger::TRIALS].concat();
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
    let pure = protocol::TRIALS.iter().map(|(name, test)| {
        Trial::test(*name, move || {
            test();
            Ok(())
        })
    });
    // One at a time: some count the descriptors and children of this process.
    let arguments = Arguments {
        test_threads: Some(1),
        ..Arguments::from_args()
    };
    libtest_mimic::run(&arguments, trials.chain(pure).collect()).exit_code()
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
