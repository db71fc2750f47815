//! How a child finds its channel: it exists before the child does, and travels as a descriptor whose number the
//! environment names.
//!
//! ```text
//!   parent: socketpair() ─> two descriptors
//!           posix_spawn(child, its end at number 3, NODE_CHANNEL_FD=3)
//!   child:  reads NODE_CHANNEL_FD, takes descriptor 3, removes the variable, talks
//! ```
//!
//! `cargo run -p ferronode-ipc --example channel_fd`
#![allow(clippy::print_stdout)]

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd};

use ferronode_ipc::{CHANNEL_FD, CHANNEL_MODE, Channel, Inherited, Mode};
use ferronode_sys::{Spawn, Wait, stream_pair};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Where the child finds its end: behind stdin, stdout and stderr, as Node has it.
const NUMBER: i32 = 3;

fn main() -> Outcome {
    // The child's part is first in main, while the process has a single thread.
    match Inherited::take()? {
        Some(inherited) => child(inherited),
        None => parent(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn parent() -> Outcome {
    let (ours, theirs) = stream_pair()?;
    println!(
        "parent: the channel is there (descriptors {} and {}), the child is not",
        ours.as_raw_fd(),
        theirs.as_raw_fd()
    );

    let program = std::env::current_exe()?;
    let (input, output, errors) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let mut spawn = Spawn::new(&program, program.as_os_str())?;
    spawn.variable(OsStr::new(CHANNEL_FD), OsStr::new(&NUMBER.to_string()))?;
    spawn.variable(OsStr::new(CHANNEL_MODE), OsStr::new(Mode::Json.name()))?;
    spawn
        .descriptor(input.as_fd(), 0)
        .descriptor(output.as_fd(), 1)
        .descriptor(errors.as_fd(), 2);
    spawn.descriptor(theirs.as_fd(), NUMBER);
    println!("parent: starting a child with {CHANNEL_FD}={NUMBER}");
    let process = spawn.start()?.pidfd;
    drop(theirs);

    let mut channel = Channel::new(ours, Mode::Json)?;
    channel.send("are you there?").await?;
    while let Some(message) = channel.recv().await? {
        println!("parent: heard {}", message.to::<String>()?);
        channel.sender().disconnect();
    }
    if let Wait::Ended(status) = process.wait()? {
        println!("parent: the child has ended with {:?}", status.code());
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn child(inherited: Inherited) -> Outcome {
    println!(
        "child: found a channel in mode {}; {CHANNEL_FD} is now {:?}",
        inherited.mode().name(),
        std::env::var(CHANNEL_FD).ok()
    );
    let mut channel = inherited.open()?;
    while let Some(message) = channel.recv().await? {
        println!("child: heard {}", message.to::<String>()?);
        channel.send("yes").await?;
    }
    println!("child: the channel has ended, and so do I");
    Ok(())
}
