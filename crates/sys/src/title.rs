//! The name that `ps` shows: another command line for the kernel to read, and another name for the first thread.
//!
//! The usual trick writes over the arguments in memory. `std::env::args` reads the same memory, on any thread, so that it
//! would be a data race, and a title longer than they are would be cut. Here the kernel is told of another place
//! (PR_SET_MM_MAP, for everybody since Linux 3.18), and the arguments stay what they are.

use std::ffi::CString;
use std::fs;
use std::io;
use std::ptr;
use std::sync::{Mutex, PoisonError};

use nix::errno::Errno;

/// How many bytes of it the kernel keeps as the name of a thread: what `ps -o comm` and `top` show.
const NAME: usize = 15;

/// The text that the kernel reads as our command line.
static TITLE: Mutex<Option<CString>> = Mutex::new(None);

/// Sets what `ps` shows as the command of this process: all of it in `args`, 15 bytes of it in `comm`.
///
/// # Errors
///
/// `InvalidInput` where there is a NUL in it. What `prctl` says: `EINVAL` from a kernel without CONFIG_CHECKPOINT_RESTORE;
/// then the short name is set all the same.
///
/// # References
///
/// [`prctl(2)`](https://man7.org/linux/man-pages/man2/prctl.2.html), PR_SET_MM;
/// [`proc_pid_comm(5)`](https://man7.org/linux/man-pages/man5/proc_pid_comm.5.html)
pub fn set_title(title: &str) -> io::Result<()> {
    let text = CString::new(title)?;
    let mut current = TITLE.lock().unwrap_or_else(PoisonError::into_inner);
    let short = &title.as_bytes()[..title.len().min(NAME)];
    fs::write("/proc/self/comm", short)?;
    point_at(&text)?;
    // The old text is freed only now that nobody reads it any more.
    *current = Some(text);
    Ok(())
}

/// Tells the kernel that the command line is `text`.
fn point_at(text: &CString) -> io::Result<()> {
    let map = Map::of_this_process(text)?;
    let size = size_of::<Map>();
    // SAFETY: the kernel reads `size` bytes of the map, and checks what they say. It only ever reads through the addresses.
    let outcome = unsafe { libc::prctl(libc::PR_SET_MM, libc::PR_SET_MM_MAP, ptr::from_ref(&map), size, 0) };
    Errno::result(outcome)?;
    Ok(())
}

/// `struct prctl_mm_map`: where in its memory a process has what.
#[repr(C)]
struct Map {
    start_code: u64,
    end_code: u64,
    start_data: u64,
    end_data: u64,
    start_brk: u64,
    brk: u64,
    start_stack: u64,
    arg_start: u64,
    arg_end: u64,
    env_start: u64,
    env_end: u64,
    auxv: *const u64,
    auxv_size: u32,
    exe_fd: u32,
}

impl Map {
    /// Everything as it is, but the arguments.
    fn of_this_process(text: &CString) -> io::Result<Self> {
        let stat = fs::read_to_string("/proc/self/stat")?;
        // The name of the program stands in parentheses, and may have any character in it.
        let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = after_name.split_whitespace().collect();
        // proc_pid_stat(5) counts from 1, and the first after the name is number 3.
        let field = |number: usize| -> io::Result<u64> {
            let text = fields.get(number - 3).copied().unwrap_or_default();
            text.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidData))
        };
        // SAFETY: it only says where the heap ends.
        let brk = unsafe { libc::sbrk(0) };
        let arg_start = text.as_ptr().addr() as u64;
        Ok(Self {
            start_code: field(26)?,
            end_code: field(27)?,
            start_data: field(45)?,
            end_data: field(46)?,
            start_brk: field(47)?,
            brk: brk.addr() as u64,
            start_stack: field(28)?,
            arg_start,
            arg_end: arg_start + text.as_bytes_with_nul().len() as u64,
            env_start: field(50)?,
            env_end: field(51)?,
            auxv: ptr::null(),
            auxv_size: 0,
            exe_fd: u32::MAX,
        })
    }
}
