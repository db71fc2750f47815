//! What a process does with itself: signals caught, its title, its mask, its clocks.

use std::fs;
use std::os::fd::AsFd;

use ferronode_sys::{Signal, Spawn, Trap, TrapError, arrived, has_arrived, kill, wait_for_signals};

use crate::alone;

fn me() -> i32 {
    i32::try_from(std::process::id()).unwrap()
}

/// What the kernel does with a signal of ours: whether its bit is set in a mask of /proc/self/status.
fn is_caught(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap();
    let mask = u64::from_str_radix(line.trim(), 16).unwrap();
    mask >> (signal.number() - 1) & 1 == 1
}

#[test]
fn a_trapped_signal_is_noted_once_and_default_again_afterwards() {
    let _turn = alone();
    assert!(!is_caught(Signal::USR2));
    let trap = Trap::set(Signal::USR2).unwrap();
    assert!(is_caught(Signal::USR2) && !has_arrived());
    kill(me(), Some(Signal::USR2)).unwrap();
    kill(me(), Some(Signal::USR2)).unwrap();
    wait_for_signals().unwrap();
    assert_eq!(arrived().collect::<Vec<_>>(), [Signal::USR2]);
    assert_eq!(arrived().next(), None);
    drop(trap);
    assert!(!is_caught(Signal::USR2));
}

#[test]
fn a_real_time_signal_is_caught_like_any_other() {
    let _turn = alone();
    let signal = Signal::from_number(40).unwrap();
    let _trap = Trap::set(signal).unwrap();
    kill(me(), Some(signal)).unwrap();
    wait_for_signals().unwrap();
    assert_eq!(arrived().collect::<Vec<_>>(), [signal]);
}

#[test]
fn what_cannot_be_caught_is_said() {
    for signal in [Signal::KILL, Signal::STOP] {
        let error = Trap::set(signal).unwrap_err();
        assert!(matches!(error, TrapError::Uncatchable { signal: refused } if refused == signal));
        assert_eq!(error.code(), Some("EINVAL"));
    }
    assert!(matches!(Trap::set(Signal::SEGV), Err(TrapError::Fault { .. })));
}

#[test]
fn nobody_can_be_signalled_who_is_not_there() {
    kill(me(), None).unwrap();
    assert_eq!(kill(i32::MAX, None).unwrap_err().raw_os_error(), Some(3));
}

#[test]
fn a_title_is_what_the_kernel_says_of_us_and_no_argument_is_written_over() {
    let arguments: Vec<_> = std::env::args_os().collect();
    let title = "a title that is longer than fifteen bytes";
    ferronode_sys::set_title(title).unwrap();
    assert_eq!(fs::read_to_string("/proc/self/comm").unwrap(), "a title that is\n");
    assert_eq!(
        fs::read("/proc/self/cmdline").unwrap(),
        [title.as_bytes(), b"\0"].concat()
    );
    assert_eq!(std::env::args_os().collect::<Vec<_>>(), arguments);
    assert!(ferronode_sys::set_title("a\0b").is_err());
    ferronode_sys::set_title("short").unwrap();
    assert_eq!(fs::read("/proc/self/cmdline").unwrap(), b"short\0");
}

#[test]
fn clocks_go_forward_and_use_is_counted() {
    let (before, used) = (ferronode_sys::monotonic(), ferronode_sys::resource_usage().unwrap());
    assert!(ferronode_sys::monotonic() >= before && ferronode_sys::since_boot() >= before);
    assert!(used.max_rss > 1000 && used.minor_page_faults > 0);
}

#[test]
fn a_user_is_found_by_name_and_a_stranger_is_not() {
    assert_eq!(ferronode_sys::user_id("root").unwrap(), Some(0));
    assert_eq!(ferronode_sys::group_id("no_such_group").unwrap(), None);
    let identity = ferronode_sys::identity().unwrap();
    assert_eq!(identity.uid, nix::unistd::getuid().as_raw());
}

/// How a thread is scheduled, by its `stat` (field 41): 0 is SCHED_OTHER, 3 SCHED_BATCH.
fn scheduling(stat: &str) -> u32 {
    let fields = stat.rsplit_once(')').unwrap().1;
    fields.split_whitespace().nth(38).unwrap().parse().unwrap()
}

#[test]
fn a_thread_gives_way_and_its_programs_do_not() {
    let mine = || scheduling(&fs::read_to_string("/proc/thread-self/stat").unwrap());
    let before = mine();
    let child = std::thread::spawn(move || {
        ferronode_sys::give_way().unwrap();
        assert_eq!(mine(), 3);
        let (ours, theirs) = ferronode_sys::stream_pair().unwrap();
        // Threads inherit it, and start programs too.
        let cat = std::thread::spawn(move || {
            assert_eq!(mine(), 3);
            let mut cat = Spawn::new("/bin/cat".as_ref(), "cat".as_ref()).unwrap();
            cat.argument("/proc/self/stat".as_ref()).unwrap();
            cat.descriptor(theirs.as_fd(), 1).start().unwrap().pidfd.wait()
        });
        cat.join().unwrap().unwrap();
        std::io::read_to_string(fs::File::from(ours)).unwrap()
    });
    let child = child.join().unwrap();
    assert_eq!((scheduling(&child), mine()), (0, before));
}
