//! Who waits for a child when nobody else does any more: its runtime has ended before it.
//!
//! Without this the child would stay a zombie for as long as our process lives. One thread for all of them; it ends when
//! there is nobody left to wait for.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use ferronode_sys::{PidFd, Wait, stream_pair, wait_readable};

use crate::exit::Exit;

/// A child that nobody waits for, and what is to be done at its end.
pub(crate) struct Orphan {
    pub(crate) pidfd: PidFd,
    pub(crate) at_end: Box<dyn FnOnce(Exit) + Send>,
}

/// Those who have just come, and the bell by which the thread hears of them. No bell: no thread.
struct Door {
    newcomers: Vec<Orphan>,
    bell: Option<OwnedFd>,
}

static DOOR: Mutex<Door> = Mutex::new(Door {
    newcomers: Vec::new(),
    bell: None,
});

/// Takes over a child.
pub(crate) fn adopt(orphan: Orphan) {
    let mut door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
    door.newcomers.push(orphan);
    if let Some(bell) = &door.bell {
        // A full bell rings already.
        let _ = ferronode_sys::send(bell.as_fd(), &[std::io::IoSlice::new(b"!")], &[]);
        return;
    }
    // Without descriptors or threads to be had, the next orphan tries again.
    let Ok((near, far)) = stream_pair() else { return };
    let thread = std::thread::Builder::new().name("ferronode-reaper".to_owned());
    if thread.spawn(move || reap(&far)).is_ok() {
        door.bell = Some(near);
    }
}

fn reap(bell: &OwnedFd) {
    let mut orphans: Vec<Orphan> = Vec::new();
    loop {
        {
            let mut door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
            orphans.append(&mut door.newcomers);
            if orphans.is_empty() {
                door.bell = None;
                return;
            }
        }
        let mut watched: Vec<BorrowedFd<'_>> = orphans.iter().map(|orphan| orphan.pidfd.as_fd()).collect();
        watched.push(bell.as_fd());
        match wait_readable(&watched) {
            Ok(ready) if ready.last() == Some(&true) => {
                let mut fds = Vec::new();
                let _ = ferronode_sys::receive(bell.as_fd(), &mut [0; 64], &mut fds);
            }
            Ok(_) => {}
            // It cannot be waited for all of them at once: wait for the first.
            Err(_) => _ = orphans[0].pidfd.wait(),
        }
        for index in (0..orphans.len()).rev() {
            let wait = orphans[index].pidfd.try_wait().unwrap_or(Wait::ReapedElsewhere);
            if let Some(exit) = Exit::of(wait) {
                (orphans.swap_remove(index).at_end)(exit);
            }
        }
    }
}
