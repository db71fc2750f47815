//! Who this process is: the numbers of its user and groups, and the rights that its files get.

use std::io;

use nix::sys::stat::{Mode, umask};
use nix::unistd::{Gid, Group, Uid, User};

/// The numbers of users and groups that a process goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Identity {
    /// The user who started it.
    pub uid: u32,
    /// The user whose rights it has.
    pub euid: u32,
    /// The group of the user who started it.
    pub gid: u32,
    /// The group whose rights it has.
    pub egid: u32,
    /// The other groups whose rights it has.
    pub groups: Vec<u32>,
}

/// Asks who this process is.
///
/// # Errors
///
/// What `getgroups` says.
///
/// # References
///
/// [`credentials(7)`](https://man7.org/linux/man-pages/man7/credentials.7.html)
pub fn identity() -> io::Result<Identity> {
    let groups = nix::unistd::getgroups()?;
    Ok(Identity {
        uid: Uid::current().as_raw(),
        euid: Uid::effective().as_raw(),
        gid: Gid::current().as_raw(),
        egid: Gid::effective().as_raw(),
        groups: groups.into_iter().map(Gid::as_raw).collect(),
    })
}

/// Makes this process another user's, all its threads, and for good where it was root.
///
/// # Errors
///
/// `EPERM`: it has not the right.
///
/// # References
///
/// [`setuid(2)`](https://man7.org/linux/man-pages/man2/setuid.2.html)
pub fn set_uid(uid: u32) -> io::Result<()> {
    Ok(nix::unistd::setuid(Uid::from_raw(uid))?)
}

/// Makes this process one of another group.
///
/// # Errors
///
/// `EPERM`: it has not the right.
///
/// # References
///
/// [`setgid(2)`](https://man7.org/linux/man-pages/man2/setgid.2.html)
pub fn set_gid(gid: u32) -> io::Result<()> {
    Ok(nix::unistd::setgid(Gid::from_raw(gid))?)
}

/// Gives this process another user's rights, until it takes its own again.
///
/// # Errors
///
/// `EPERM`: it has not the right.
///
/// # References
///
/// [`seteuid(2)`](https://man7.org/linux/man-pages/man2/seteuid.2.html)
pub fn set_euid(uid: u32) -> io::Result<()> {
    Ok(nix::unistd::seteuid(Uid::from_raw(uid))?)
}

/// Gives this process another group's rights, until it takes its own again.
///
/// # Errors
///
/// `EPERM`: it has not the right.
///
/// # References
///
/// [`setegid(2)`](https://man7.org/linux/man-pages/man2/setegid.2.html)
pub fn set_egid(gid: u32) -> io::Result<()> {
    Ok(nix::unistd::setegid(Gid::from_raw(gid))?)
}

/// The number of a user, by name; `None` if there is no such user.
///
/// # Errors
///
/// What reading the user database says.
pub fn user_id(name: &str) -> io::Result<Option<u32>> {
    Ok(User::from_name(name)?.map(|user| user.uid.as_raw()))
}

/// The number of a group, by name; `None` if there is no such group.
///
/// # Errors
///
/// What reading the group database says.
pub fn group_id(name: &str) -> io::Result<Option<u32>> {
    Ok(Group::from_name(name)?.map(|group| group.gid.as_raw()))
}

/// Sets which rights new files do not get, and says which it was before. Bits above 0o777 are dropped.
///
/// # References
///
/// [`umask(2)`](https://man7.org/linux/man-pages/man2/umask.2.html)
pub fn set_umask(mask: u32) -> u32 {
    umask(Mode::from_bits_truncate(mask & 0o777)).bits()
}
