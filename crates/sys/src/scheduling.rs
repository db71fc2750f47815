//! How a thread competes for the processors: it may give way, which the programs that it starts do not.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a thread of this process gives way because it has been asked to. Those that it starts do it by inheritance.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Makes the calling thread give way: when it has something to do it takes an idle processor, or waits until somebody's turn
/// ends, where a thread otherwise interrupts who is working. So what comes meanwhile waits for it, milliseconds at most, and it
/// is woken once for several. Its share of the processors stays what it was.
///
/// Programs that it starts by [`Spawn`](crate::Spawn) do as ever; threads that it starts give way as well. A thread that somebody has given a
/// class of its own (by `chrt`) keeps that.
///
/// # Errors
///
/// `PermissionDenied` in a sandbox that forbids it.
///
/// # References
///
/// SCHED_BATCH in [`sched(7)`](https://man7.org/linux/man-pages/man7/sched.7.html)
pub fn give_way() -> io::Result<()> {
    if competes_as(libc::SCHED_OTHER) {
        compete_as(libc::SCHED_BATCH)?;
        ASKED.store(true, Ordering::Relaxed);
    }
    Ok(())
}

/// Whether a program that this thread starts must be told to compete as ever.
pub(crate) fn gives_way() -> bool {
    ASKED.load(Ordering::Relaxed) && competes_as(libc::SCHED_BATCH)
}

/// Undoes it, for a process that is to become its program: it calls the kernel and nothing else.
pub(crate) fn compete_as_ever() {
    // Who cannot gives way, too.
    _ = compete_as(libc::SCHED_OTHER);
}

fn competes_as(policy: i32) -> bool {
    // SAFETY: takes an integer, and changes nothing. 0 is the calling thread.
    let mine = unsafe { libc::syscall(libc::SYS_sched_getscheduler, 0) };
    mine == libc::c_long::from(policy)
}

fn compete_as(policy: i32) -> io::Result<()> {
    let parameters = libc::sched_param { sched_priority: 0 };
    // SAFETY: the kernel reads `parameters`, which lives until the call has returned, and changes nothing but how the calling
    // thread (0) is scheduled. The C library is passed by: musl's wrapper always fails.
    let outcome = unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, policy, ptr::from_ref(&parameters)) };
    if outcome == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}
