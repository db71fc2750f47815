//! What happens between a process's birth and its exec.
//!
//! The child is made by `clone` with CLONE_VM and CLONE_VFORK, as `posix_spawn` makes it: it runs in the parent's own memory,
//! on a stack of its own, while the thread that made it stands still until the exec. CLONE_PIDFD gives the descriptor
//! of the process together with the process, so nobody else in this program can reap it before we hold it.
//! (`posix_spawn` of glibc 2.36 has neither that nor user and group.)
//!
//! Rule: the child calls the kernel and nothing else. It takes no lock and no memory, frees none, and cannot panic: another
//! thread may hold the allocator's lock. Everything that it needs lies ready before it is born.
//!
//! ```text
//!   parent                                     child, in the same memory
//!   block all signals ── clone ──────────────> every signal to its default, so that no handler of the parent's runs here
//!   stands still                               setsid; sched_setscheduler; dup2 …; chdir; setgroups, setresgid, setresuid
//!                                              unblock, execve ──> the program
//!   reads `failure`, unblocks <── exec or exit ── or: failure = errno, exit
//! ```

use std::ffi::{CStr, CString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::pidfd::PidFd;
use crate::scheduling::compete_as_ever;

/// A descriptor of the parent's, and the number that the child is to find it under.
pub(crate) type Move = (RawFd, RawFd);

/// Who the child is to be, where it is not to be who its parent is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Identity {
    pub(crate) user: Option<u32>,
    pub(crate) group: Option<u32>,
}

impl Identity {
    fn is_other(self) -> bool {
        self.user.is_some() || self.group.is_some()
    }
}

/// All that a child needs to become its program.
pub(crate) struct Birth<'a> {
    pub(crate) program: &'a CStr,
    pub(crate) arguments: &'a [CString],
    pub(crate) environment: &'a [CString],
    pub(crate) directory: Option<&'a CStr>,
    pub(crate) moves: &'a [Move],
    pub(crate) new_session: bool,
    pub(crate) identity: Identity,
    /// Whether its parent gives way, which the child is not to.
    pub(crate) competes: bool,
}

/// The same, as the child reads it; and where it writes why it has failed.
struct Cradle<'a> {
    birth: Birth<'a>,
    arguments: Vec<*const libc::c_char>,
    environment: Vec<*const libc::c_char>,
    no_signals: libc::sigset_t,
    failure: i32,
}

/// How much stack the child has: a handful of calls deep, each with a little structure.
const STACK: usize = 64 << 10;

/// The signals that the kernel knows, real-time ones included.
const SIGNALS: std::ops::RangeInclusive<i32> = 1..=64;

impl Birth<'_> {
    /// Makes the process; returns when it has become its program.
    pub(crate) fn give(self) -> io::Result<(u32, PidFd)> {
        let mut cradle = Cradle {
            arguments: null_terminated(self.arguments),
            environment: null_terminated(self.environment),
            no_signals: signal_set(false),
            failure: 0,
            birth: self,
        };
        let stack = Stack::kept_or_new()?;
        let dumpable = cradle.birth.identity.is_other().then(Dumpable::now);
        let blocked = Blocked::all();
        let mut pidfd: RawFd = -1;
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
        // SAFETY: the stack is ours alone, fresh or taken out of `KEPT` by a swap, so that no other birth has it; and it,
        // `cradle` and `pidfd` outlive the child's use of them, since CLONE_VFORK holds this thread until the child has left
        // this memory by exec or exit.
        let pid = unsafe { libc::clone(live, stack.top(), flags, (&raw mut cradle).cast(), &raw mut pidfd) };
        let error = io::Error::last_os_error();
        drop((blocked, dumpable));
        if pid < 0 {
            return Err(error);
        }
        // SAFETY: the kernel has just made this descriptor for us, close-on-exec; nobody else knows it.
        let pidfd = PidFd::from(unsafe { OwnedFd::from_raw_fd(pidfd) });
        // SAFETY: reads a field of ours. The child has written it through a pointer, which the compiler has not seen.
        let failure = unsafe { ptr::read_volatile(&raw const cradle.failure) };
        if failure != 0 {
            // It has exited: this does not wait. If somebody else has reaped it, all the better.
            let _ = pidfd.wait();
            return Err(io::Error::from_raw_os_error(failure));
        }
        Ok((pid.cast_unsigned(), pidfd))
    }
}

/// The child's whole life before its program.
extern "C" fn live(cradle: *mut libc::c_void) -> libc::c_int {
    let cradle: *mut Cradle<'_> = cradle.cast();
    // SAFETY: `give` has passed a cradle that outlives us, and stands still: nobody else looks at it.
    let cradle = unsafe { &mut *cradle };
    cradle.failure = match become_the_program(cradle) {
        Ok(never) => match never {},
        Err(errno) => errno,
    };
    // SAFETY: ends this process at once, and runs nothing of the parent's.
    unsafe { libc::_exit(127) }
}

fn become_the_program(cradle: &Cradle<'_>) -> Result<std::convert::Infallible, i32> {
    let Birth { directory, moves, .. } = cradle.birth;
    reset_signals();
    if cradle.birth.new_session {
        // SAFETY: takes nothing.
        check(unsafe { libc::setsid() })?;
    }
    if cradle.birth.competes {
        compete_as_ever();
    }
    for (from, to) in moves {
        place(*from, *to)?;
    }
    if let Some(directory) = directory {
        // SAFETY: a C string that outlives the call.
        check(unsafe { libc::chdir(directory.as_ptr()) })?;
    }
    take_identity(cradle.birth.identity)?;
    let unblock = &raw const cradle.no_signals;
    // SAFETY: an initialised set. From here on signals end us, as they should: none has a handler any more.
    check(unsafe { libc::sigprocmask(libc::SIG_SETMASK, unblock, ptr::null_mut()) })?;
    let (arguments, environment) = (cradle.arguments.as_ptr(), cradle.environment.as_ptr());
    // SAFETY: a C string, and two lists of C strings that end with a null pointer.
    check(unsafe { libc::execve(cradle.birth.program.as_ptr(), arguments, environment) })?;
    Err(libc::EINVAL) // execve does not return but with an error
}

/// Every signal at its default: handlers are the parent's code, and what the parent ignores its children need not.
fn reset_signals() {
    // SAFETY: sigaction is a C struct for which all zeroes is a value: SIG_DFL, no flags, an empty mask.
    let default: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    for signal in SIGNALS {
        // SAFETY: an initialised action. SIGKILL, SIGSTOP and libc's own two refuse, which changes nothing.
        unsafe { libc::sigaction(signal, &raw const default, ptr::null_mut()) };
    }
}

/// Raw calls: libc's `setresuid` would change the user of every thread of the parent.
fn take_identity(identity: Identity) -> Result<(), i32> {
    if !identity.is_other() {
        return Ok(());
    }
    let none: *const libc::gid_t = ptr::null();
    // SAFETY: an empty list. Without the right to give groups up they stay, as in libuv.
    unsafe { libc::syscall(libc::SYS_setgroups, 0, none) };
    if let Some(gid) = identity.group {
        // SAFETY: takes integers.
        check_long(unsafe { libc::syscall(libc::SYS_setresgid, gid, gid, gid) })?;
    }
    if let Some(uid) = identity.user {
        // SAFETY: takes integers.
        check_long(unsafe { libc::syscall(libc::SYS_setresuid, uid, uid, uid) })?;
    }
    Ok(())
}

/// Puts a descriptor where the program is to find it, and lets it through the exec.
fn place(from: RawFd, to: RawFd) -> Result<(), i32> {
    if from == to {
        // SAFETY: takes integers.
        check(unsafe { libc::fcntl(to, libc::F_SETFD, 0) }).map(drop)
    } else {
        // SAFETY: takes integers. The table of descriptors is the child's own.
        check(unsafe { libc::dup2(from, to) }).map(drop)
    }
}

fn check(result: i32) -> Result<i32, i32> {
    check_long(result.into()).map(|_| result)
}

fn check_long(result: libc::c_long) -> Result<(), i32> {
    if result < 0 {
        // Takes no memory: an error of the system is its number.
        Err(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL))
    } else {
        Ok(())
    }
}

fn null_terminated(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings
        .iter()
        .map(|string| string.as_ptr())
        .chain([ptr::null()])
        .collect()
}

fn signal_set(full: bool) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    if full {
        // SAFETY: fills the memory that it is given.
        unsafe { libc::sigfillset(set.as_mut_ptr()) };
    } else {
        // SAFETY: fills the memory that it is given.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    }
    // SAFETY: filled above.
    unsafe { set.assume_init() }
}

/// No signal reaches this thread, as long as this lives.
struct Blocked(libc::sigset_t);

impl Blocked {
    fn all() -> Self {
        let all = signal_set(true);
        let mut before = signal_set(false);
        // SAFETY: two initialised sets.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before) };
        Self(before)
    }
}

impl Drop for Blocked {
    fn drop(&mut self) {
        // SAFETY: the set that was there before.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut()) };
    }
}

/// Whether this process may dump core. The child's change of user takes that from the memory, which is the parent's too.
struct Dumpable(i32);

impl Dumpable {
    fn now() -> Self {
        // SAFETY: takes integers.
        Self(unsafe { libc::prctl(libc::PR_GET_DUMPABLE, 0, 0, 0, 0) })
    }
}

impl Drop for Dumpable {
    fn drop(&mut self) {
        if self.0 == 1 {
            // SAFETY: takes integers.
            unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1, 0, 0, 0) };
        }
    }
}

/// Memory for the child's stack, with a page below it that nobody may touch.
///
/// One is kept for the next child: fresh memory would cost it three calls and a few page faults.
struct Stack(*mut libc::c_void);

/// The stack that is kept, or null while a child is being born.
static KEPT: AtomicPtr<libc::c_void> = AtomicPtr::new(ptr::null_mut());

/// The largest page that Linux has as its base page.
const GUARD: usize = 64 << 10;

impl Stack {
    fn kept_or_new() -> io::Result<Self> {
        let kept = KEPT.swap(ptr::null_mut(), Ordering::Acquire);
        if kept.is_null() { Self::new() } else { Ok(Self(kept)) }
    }

    fn new() -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        // SAFETY: asks for fresh memory at no particular place.
        let memory = unsafe { libc::mmap(ptr::null_mut(), GUARD + STACK, protection, flags, -1, 0) };
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the first pages of our own memory.
        if unsafe { libc::mprotect(memory, GUARD, libc::PROT_NONE) } != 0 {
            let error = io::Error::last_os_error();
            // SAFETY: our own memory, which nobody has used.
            unsafe { libc::munmap(memory, GUARD + STACK) };
            return Err(error);
        }
        Ok(Self(memory))
    }

    /// Stacks grow downwards from here.
    fn top(&self) -> *mut libc::c_void {
        self.0.wrapping_byte_add(GUARD + STACK)
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        let kept = KEPT.compare_exchange(ptr::null_mut(), self.0, Ordering::Release, Ordering::Relaxed);
        if kept.is_err() {
            // SAFETY: our own memory; the child has left it, and nobody else knows it.
            unsafe { libc::munmap(self.0, GUARD + STACK) };
        }
    }
}
