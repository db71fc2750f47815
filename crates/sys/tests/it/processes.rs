//! Programs started by `Spawn`, and waited for by pidfd.

use std::ffi::OsStr;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;

use ferronode_sys::{Signal, Spawn, SpawnError, Wait};

use crate::{alone, open_descriptors};

fn shell<'a>(script: &str) -> Spawn<'a> {
    let mut spawn = Spawn::new(Path::new("/bin/sh"), OsStr::new("sh")).unwrap();
    spawn
        .argument(OsStr::new("-c"))
        .unwrap()
        .argument(OsStr::new(script))
        .unwrap();
    spawn.variable(OsStr::new("PATH"), OsStr::new("/usr/bin:/bin")).unwrap();
    spawn
}

#[track_caller]
fn ended(spawn: &Spawn<'_>) -> ExitStatus {
    match spawn.start().unwrap().pidfd.wait().unwrap() {
        Wait::Ended(status) => status,
        other => panic!("expected an end, got {other:?}"),
    }
}

fn read_all(mut stream: UnixStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_exit_code_comes_back() {
    let _turn = alone();
    assert_eq!(ended(&shell("exit 7")).code(), Some(7));
}

#[test]
fn a_running_child_is_running_until_a_signal_ends_it() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut spawn = shell("read line <&3");
    spawn.descriptor(theirs.as_fd(), 3);
    let child = spawn.start().unwrap();
    assert_eq!(child.pidfd.try_wait().unwrap(), Wait::Running);
    child.pidfd.send_signal(Signal::TERM).unwrap();
    let Wait::Ended(status) = child.pidfd.wait().unwrap() else {
        panic!("not reaped by us")
    };
    assert_eq!((status.code(), status.signal()), (None, Some(15)));
    drop(ours);
}

/// What the kernel remembers of a child that somebody else has reaped: its status, or nothing before Linux 6.15.
#[track_caller]
fn is_remembered_or_unknown(wait: Wait, code: i32) {
    match wait {
        Wait::Ended(status) => assert_eq!(status.code(), Some(code)),
        other => assert_eq!(other, Wait::ReapedElsewhere),
    }
}

#[test]
fn a_child_that_was_reaped_may_be_asked_again() {
    let _turn = alone();
    let child = shell("exit 5").start().unwrap();
    assert!(matches!(child.pidfd.wait().unwrap(), Wait::Ended(_)));
    is_remembered_or_unknown(child.pidfd.wait().unwrap(), 5);
    is_remembered_or_unknown(child.pidfd.try_wait().unwrap(), 5);
    assert!(child.pidfd.send_signal(Signal::TERM).is_err());
}

#[test]
fn a_child_that_somebody_else_reaps_does_not_make_us_wait() {
    let _turn = alone();
    let child = shell("exit 5").start().unwrap();
    let pid = nix::unistd::Pid::from_raw(child.pid.cast_signed());
    nix::sys::wait::waitpid(pid, None).unwrap();
    is_remembered_or_unknown(child.pidfd.wait().unwrap(), 5);
}

#[test]
fn with_sigchld_ignored_a_child_is_started_and_waited_for_all_the_same() {
    if std::env::var_os("AS_CHILD").is_some() {
        let child = shell("exit 5").start().unwrap();
        is_remembered_or_unknown(child.pidfd.wait().unwrap(), 5);
        return;
    }
    // What a program ignores stays ignored through exec, unless it is started by `Spawn`.
    let test = "processes::with_sigchld_ignored_a_child_is_started_and_waited_for_all_the_same";
    let status = std::process::Command::new("/bin/sh")
        .args(["-c", "trap '' CHLD; exec \"$0\" --exact \"$1\" --quiet"])
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env("AS_CHILD", "1")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_child_may_be_somebody_else_and_its_parent_stays_who_it_is() {
    let _turn = alone();
    let as_nobody = |spawn: &mut Spawn<'_>| {
        spawn.user(65534).group(65533);
        spawn.start()
    };
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut spawn = shell("id -u >&3; id -g >&3; id -G >&3");
    spawn.descriptor(theirs.as_fd(), 3);
    let started = as_nobody(&mut spawn);
    drop(spawn);
    drop(theirs);
    if !nix::unistd::geteuid().is_root() {
        assert!(matches!(started, Err(SpawnError::Io(error)) if error.kind() == std::io::ErrorKind::PermissionDenied));
        return;
    }
    assert!(matches!(started.unwrap().pidfd.wait().unwrap(), Wait::Ended(status) if status.success()));
    assert_eq!(read_all(ours), "65534\n65533\n65533\n");
    assert!(nix::unistd::geteuid().is_root());
    assert!(
        nix::sys::prctl::get_dumpable().unwrap(),
        "the memory was the child's too"
    );
}

#[test]
fn a_descriptor_of_ours_may_be_passed_on_by_its_number() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let number = theirs.as_raw_fd();
    let mut spawn = shell(&format!("echo passed on >&{number}"));
    spawn.keep(number);
    assert!(ended(&spawn).success());
    drop(theirs);
    assert_eq!(read_all(ours), "passed on\n");
    spawn.keep(number);
    assert!(
        matches!(spawn.start(), Err(SpawnError::Io(_))),
        "there is no such descriptor now"
    );
}

#[test]
fn descriptors_take_their_places_even_when_the_map_swaps_them() {
    let _turn = alone();
    let (left, left_end) = UnixStream::pair().unwrap();
    let (right, right_end) = UnixStream::pair().unwrap();
    let (first, second) = (left_end.as_raw_fd(), right_end.as_raw_fd());
    let mut spawn = shell(&format!("echo to-left >&{second}; echo to-right >&{first}"));
    spawn
        .descriptor(left_end.as_fd(), second)
        .descriptor(right_end.as_fd(), first);
    assert!(ended(&spawn).success());
    drop(spawn);
    drop((left_end, right_end));
    assert_eq!(
        (read_all(left).as_str(), read_all(right).as_str()),
        ("to-left\n", "to-right\n")
    );
}

#[test]
fn a_descriptor_may_stay_at_its_own_number() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let number = theirs.as_raw_fd();
    let mut spawn = shell(&format!("echo same >&{number}"));
    spawn.descriptor(theirs.as_fd(), number);
    assert!(ended(&spawn).success());
    drop(spawn);
    drop(theirs);
    assert_eq!(read_all(ours), "same\n");
}

#[test]
fn nothing_else_of_ours_reaches_the_child() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let inheritable = |fd: &i32| {
        // What the program that started these tests left open for everybody is not ours.
        let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap_or_default();
        let flags = info
            .lines()
            .find_map(|line| line.strip_prefix("flags:"))
            .unwrap_or("0")
            .trim();
        !info.is_empty() && i32::from_str_radix(flags, 8).unwrap() & 0o2_000_000 == 0
    };
    let strangers: Vec<i32> = (0..1024).filter(inheritable).collect();
    let mut spawn = shell("ls /proc/self/fd >&9");
    spawn.descriptor(theirs.as_fd(), 9);
    assert!(ended(&spawn).success());
    drop(spawn);
    drop(theirs);
    let text = read_all(ours);
    let ours: Vec<i32> = text
        .split_whitespace()
        .map(|fd| fd.parse().unwrap())
        .filter(|fd| !strangers.contains(fd))
        .collect();
    let lowest_free = (0..).find(|fd| !strangers.contains(fd)).unwrap();
    assert_eq!(
        ours,
        [lowest_free, 9],
        "the folder that ls reads, and the descriptor given: {text}"
    );
}

#[test]
fn environment_directory_and_session_are_the_ones_asked_for() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let script = "{ env | grep -v -e ^PWD -e ^PATH -e ^_ -e ^SHLVL -e ^OLDPWD; pwd; ps -o sid= -p $$; echo $$; } >&3";
    let mut spawn = shell(script);
    spawn.variable(OsStr::new("GREETING"), OsStr::new("a=b c")).unwrap();
    spawn.directory(Path::new("/usr")).unwrap();
    spawn.new_session().descriptor(theirs.as_fd(), 3);
    assert!(ended(&spawn).success());
    drop(spawn);
    drop(theirs);
    let text = read_all(ours);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!(lines[..2], ["GREETING=a=b c", "/usr"]);
    assert_eq!(lines[2], lines[3], "the child leads its own session");
}

#[test]
fn signals_of_the_child_are_at_their_defaults() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut spawn = shell("grep -e SigBlk -e SigIgn /proc/self/status >&3");
    spawn.descriptor(theirs.as_fd(), 3);
    assert!(ended(&spawn).success());
    drop(spawn);
    drop(theirs);
    let text = read_all(ours);
    let mask = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
    };
    assert_eq!(mask("SigBlk"), 0);
    // Two signals, 32 and 33, are libc's own, and it touches them for nobody.
    assert_eq!(
        mask("SigIgn") & !(0b11 << 31),
        0,
        "Rust programs ignore SIGPIPE, their children do not"
    );
}

#[test]
fn a_program_or_directory_that_is_not_there_is_not_found_and_leaves_nothing() {
    let _turn = alone();
    let before = open_descriptors();
    let missing = Spawn::new(Path::new("/no/such/program"), OsStr::new("x")).unwrap();
    let mut lost = shell("exit 0");
    lost.directory(Path::new("/no/such/folder")).unwrap();
    for spawn in [missing, lost] {
        match spawn.start() {
            Err(SpawnError::Io(error)) => assert_eq!(error.kind(), std::io::ErrorKind::NotFound),
            other => panic!("expected an error, got {other:?}"),
        }
    }
    assert_eq!(open_descriptors(), before);
}

#[test]
fn what_a_c_string_cannot_hold_is_refused_with_the_culprit() {
    let nul = OsStr::new("a\0b");
    let mut spawn = shell("exit 0");
    for error in [
        Spawn::new(Path::new(nul), OsStr::new("x")).unwrap_err(),
        spawn.argument(nul).unwrap_err(),
        spawn.variable(OsStr::new("A"), nul).unwrap_err(),
        spawn.directory(Path::new(nul)).unwrap_err(),
    ] {
        assert!(error.to_string().contains("a\\0b"), "{error}");
    }
    for name in ["", "A=B"] {
        let error = spawn.variable(OsStr::new(name), OsStr::new("x")).unwrap_err();
        assert!(matches!(error, SpawnError::VariableName { .. }), "{error}");
    }
}

#[test]
fn many_children_leave_no_descriptor_behind() {
    let _turn = alone();
    let before = open_descriptors();
    for _ in 0..100 {
        assert!(ended(&shell("exit 0")).success());
    }
    assert_eq!(open_descriptors(), before);
}

#[test]
fn whoever_has_ended_is_found_among_those_who_have_not() {
    let _turn = alone();
    let (ours, theirs) = UnixStream::pair().unwrap();
    let mut spawn = shell("read line <&3");
    spawn.descriptor(theirs.as_fd(), 3);
    let waiting = spawn.start().unwrap();
    let done = shell("exit 0").start().unwrap();
    let found = ferronode_sys::wait_readable(&[waiting.pidfd.as_fd(), done.pidfd.as_fd()]).unwrap();
    assert_eq!(found, [false, true]);
    drop(spawn);
    drop((ours, theirs));
    assert_eq!(ferronode_sys::wait_readable(&[waiting.pidfd.as_fd()]).unwrap(), [true]);
    waiting.pidfd.wait().unwrap();
    done.pidfd.wait().unwrap();
}
