//! Descriptors that nobody asked for, of the wrong kind, refused, or under way when the peer dies.

use std::fs::{self, File};
use std::io::{ErrorKind, IoSlice, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::thread;

use ferronode_ipc::proto::Part;
use ferronode_ipc::{Handle, Limits, Mode, Outgoing, ProtocolError, RecvError};

use super::{MODES, frame_of, next, with_raw_peer};
use crate::{alone, descriptors_are_back_to, open_descriptors, soon};

#[test]
fn descriptors_that_no_message_asks_for_are_closed_with_the_channel() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let gift = File::open("/dev/null").unwrap();
            let frame = frame_of(mode, "plain", Part::Message, 0);
            for _ in 0..20 {
                ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[gift.as_fd()]).unwrap();
                let message = next(&mut channel).await;
                assert!(message.take_handle().is_none() && message.to::<String>().unwrap() == "plain");
            }
            drop(peer);
            assert!(soon(channel.recv()).await.unwrap().is_none());
        }
        descriptors_are_back_to(before).await;
    });
}

/// Whether reading from the descriptor blocks, as its flags have it.
fn blocks(fd: &OwnedFd) -> bool {
    let info = fs::read_to_string(format!("/proc/self/fdinfo/{}", fd.as_raw_fd())).unwrap();
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
    u32::from_str_radix(flags.trim(), 8).unwrap() & 0o4000 == 0
}

#[test]
fn a_descriptor_of_the_wrong_kind_is_named_and_left_as_it_is() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let (pipe, _other) = std::io::pipe().unwrap();
            let gifts: [OwnedFd; 6] = [
                File::open("/proc/self/exe").unwrap().into(),
                File::options().read(true).write(true).open("/dev/ptmx").unwrap().into(),
                nix::sys::eventfd::EventFd::new().unwrap().into(),
                nix::sys::epoll::Epoll::new(nix::sys::epoll::EpollCreateFlags::empty())
                    .unwrap()
                    .0,
                pipe.into(),
                File::open("/proc/self").unwrap().into(),
            ];
            for gift in gifts {
                let frame = frame_of(mode, "a connection", Part::Message, 1);
                ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[gift.as_fd()]).unwrap();
                let message = next(&mut channel).await;
                let handle = message.take_handle().expect("something came");
                let Handle::Fd(fd) = handle else {
                    panic!("{handle:?} is no socket")
                };
                assert!(blocks(&fd), "it is shared with who knows whom");
                assert_eq!(
                    Handle::from(fd).into_tcp_stream().unwrap_err().kind(),
                    ErrorKind::InvalidData
                );
            }
            let frame = frame_of(mode, "a socket", Part::Message, 1);
            ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[peer.as_fd()]).unwrap();
            assert!(matches!(
                next(&mut channel).await.take_handle(),
                Some(Handle::UnixStream(_))
            ));
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_peer_that_says_no_to_every_handle_costs_those_and_nothing_else() {
    alone(async {
        let before = open_descriptors();
        for mode in [Mode::Json, Mode::Advanced] {
            let (mut channel, peer) = with_raw_peer(mode, Limits::default());
            let far = thread::spawn(move || {
                let said = std::collections::BTreeMap::from([("cmd", "NODE_HANDLE_NACK")]);
                let no = frame_of(mode, &said, Part::Message, 0);
                let (mut bytes, mut fds, mut all) = (vec![0; 65_536], Vec::new(), Vec::new());
                loop {
                    match ferronode_sys::receive(peer.as_fd(), &mut bytes, &mut fds).unwrap() {
                        0 => return all,
                        count => all.extend_from_slice(&bytes[..count]),
                    }
                    if !fds.is_empty() {
                        fds.clear();
                        (&peer).write_all(&no).unwrap();
                    }
                }
            });
            for number in 0..20 {
                let handle = UnixStream::pair().unwrap().0;
                channel.send(Outgoing::new("lost").with_handle(handle)).await.unwrap();
                channel.send(format!("kept {number}")).await.unwrap();
                match soon(channel.recv()).await {
                    Err(RecvError::HandleNotReceived { internal: false }) => {}
                    other => panic!("{other:?}"),
                }
            }
            soon(channel.sender().flush()).await;
            drop(channel);
            let heard = String::from_utf8_lossy(&far.join().unwrap()).into_owned();
            assert_eq!(heard.matches("lost").count(), 80, "four times each");
            let at: Vec<_> = (0..20)
                .map(|number| heard.find(&format!("kept {number}\"")).unwrap_or_default())
                .collect();
            assert!(mode == Mode::Advanced || at.is_sorted_by(|a, b| a < b), "{at:?}");
            assert_eq!(heard.matches("kept").count(), 20);
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_peer_that_dies_with_a_handle_in_flight_takes_nothing_with_it() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let (mut channel, mut peer) = with_raw_peer(mode, Limits::default());
            peer.write_all(&frame_of(mode, "last words", Part::Message, 0)).unwrap();
            let kept = std::sync::Arc::new(OwnedFd::from(UnixStream::pair().unwrap().0));
            let handle = std::sync::Arc::clone(&kept);
            channel.send(Outgoing::new("a").with_handle(handle)).await.unwrap();
            channel.send("behind").await.unwrap();
            drop(peer);
            assert_eq!(next(&mut channel).await.to::<String>().unwrap(), "last words");
            assert!(soon(channel.recv()).await.unwrap().is_none());
            soon(channel.sender().flush()).await;
            assert!(std::sync::Arc::try_unwrap(kept).is_ok(), "the channel has let go of it");
            soon(channel.close()).await;
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn what_came_with_too_many_descriptors_is_not_heard_of() {
    alone(async {
        let before = open_descriptors();
        for mode in MODES {
            let limits = Limits {
                handles: 8,
                ..Limits::default()
            };
            let (mut channel, peer) = with_raw_peer(mode, limits);
            let gift = File::open("/dev/null").unwrap();
            let frame = frame_of(mode, "plain", Part::Message, 0);
            for _ in 0..9 {
                ferronode_sys::send(peer.as_fd(), &[IoSlice::new(&frame)], &[gift.as_fd()]).unwrap();
            }
            let end = loop {
                match soon(channel.recv()).await {
                    Ok(Some(message)) => assert_eq!(message.to::<String>().unwrap(), "plain"),
                    other => break other,
                }
            };
            assert!(
                matches!(
                    end,
                    Err(RecvError::Protocol(ProtocolError::TooManyHandles { limit: 8 }))
                ),
                "{end:?}"
            );
            assert!(soon(channel.recv()).await.unwrap().is_none(), "an error is the end");
        }
        descriptors_are_back_to(before).await;
    });
}
