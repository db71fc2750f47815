//! Connections past the messages: each whole, none lost, none kept.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use ferronode_ipc::{Channel, HandOff, HandOffQueue, Handle, Mode, Outgoing};
use ferronode_sys::stream_pair;
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::{alone, descriptors_are_back_to, open_descriptors, soon};

#[test]
fn an_end_travels_over_a_channel_and_connections_over_the_pair() {
    alone(async {
        let before = open_descriptors();
        {
            let (parent, mut child) = Channel::pair(Mode::Bincode).unwrap();
            let (ours, theirs) = HandOff::pair().unwrap();
            parent
                .send(Outgoing::internal("hand-off").with_handle(theirs))
                .await
                .unwrap();
            let message = soon(child.recv()).await.unwrap().unwrap();
            let theirs = HandOff::new(message.take_handle().unwrap().into_fd().unwrap()).unwrap();

            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            for number in 0..100u8 {
                let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
                let (accepted, _) = listener.accept().unwrap();
                ours.give(&[number], Some(accepted.as_fd())).await.unwrap();
                drop(accepted);
                let mut record = [0; 8];
                let handed = soon(theirs.take(&mut record)).await.unwrap().unwrap();
                assert_eq!(record[..handed.length], [number]);
                let Some(Handle::TcpStream(mut stream)) = handed.into_handle() else {
                    panic!("a connection")
                };
                stream.write_all(b"served").unwrap();
                drop(stream);
                let mut text = String::new();
                client.read_to_string(&mut text).unwrap();
                assert_eq!(text, "served");
            }
            theirs.give(b"all hundred have arrived", None).await.unwrap();
            let mut record = [0; 64];
            let answer = soon(ours.take(&mut record)).await.unwrap().unwrap();
            assert!(answer.descriptor.is_none() && record.starts_with(b"all"));
            drop(theirs);
            assert!(soon(ours.take(&mut record)).await.unwrap().is_none());
            assert_eq!(ours.try_give(b"x", None).unwrap_err().kind(), ErrorKind::BrokenPipe);
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_full_pair_makes_the_giver_wait_and_keeps_the_order() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        let mut given = 0u32;
        while ours.try_give(&given.to_le_bytes(), None).is_ok() {
            given += 1;
        }
        assert_eq!(ours.try_give(b"x", None).unwrap_err().kind(), ErrorKind::WouldBlock);
        let giving = tokio::spawn(async move {
            for number in given..given + 1_000 {
                ours.give(&number.to_le_bytes(), None).await.unwrap();
            }
        });
        for number in 0..given + 1_000 {
            let mut record = [0; 4];
            assert_eq!(soon(theirs.take(&mut record)).await.unwrap().unwrap().length, 4);
            assert_eq!(record, number.to_le_bytes());
        }
        giving.await.unwrap();
        assert!(soon(theirs.take(&mut [0; 4])).await.unwrap().is_none());
    });
}

#[test]
fn what_is_no_end_of_a_pair_and_no_record_is_refused() {
    alone(async {
        let (stream, _other) = stream_pair().unwrap();
        assert_eq!(HandOff::new(stream).unwrap_err().kind(), ErrorKind::InvalidInput);
        let file = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
        assert_eq!(HandOff::new(file).unwrap_err().kind(), ErrorKind::InvalidInput);
        let (ours, theirs) = HandOff::pair().unwrap();
        for record in [&[][..], &[0; 4097]] {
            assert_eq!(ours.try_give(record, None).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        // A peer that does not keep to the length.
        ferronode_sys::send(theirs.as_fd(), &[std::io::IoSlice::new(&[7; 5000])], &[theirs.as_fd()]).unwrap();
        let before = open_descriptors();
        let mut record = [0; 4096];
        assert_eq!(
            soon(ours.take(&mut record)).await.unwrap_err().kind(),
            ErrorKind::InvalidData
        );
        assert_eq!(open_descriptors(), before, "what came with it is closed");
        assert_eq!(ours.try_take(&mut record).unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

#[test]
fn who_has_finished_still_hears_answers_and_who_has_ended_hears_those_that_were_given_before() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        let mut record = [0; 4];
        ours.try_give(b"1", None).unwrap();
        ours.finish();
        assert_eq!(ours.try_give(b"x", None).unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert!(soon(theirs.take(&mut record)).await.unwrap().is_some());
        assert!(soon(theirs.take(&mut record)).await.unwrap().is_none(), "then the end");
        theirs.try_give(b"2", None).unwrap();
        assert!(soon(ours.take(&mut record)).await.unwrap().is_some());
        theirs.try_give(b"3", None).unwrap();
        ours.end();
        assert_eq!(theirs.try_give(b"x", None).unwrap_err().kind(), ErrorKind::BrokenPipe);
        assert!(soon(ours.take(&mut record)).await.unwrap().is_some());
        assert_eq!(record[0], b'3');
        assert!(soon(ours.take(&mut record)).await.unwrap().is_none());
    });
}

/// The kernel says "reset" before it gives what was said.
#[test]
fn what_was_said_before_a_close_with_records_unread_is_heard() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        let mut record = [0; 8];
        ours.try_give(b"first", None).unwrap();
        ours.try_give(b"second", None).unwrap();
        assert!(soon(theirs.take(&mut record)).await.unwrap().is_some());
        theirs.try_give(b"taken", None).unwrap();
        drop(theirs);
        assert_eq!(soon(ours.take(&mut record)).await.unwrap().unwrap().length, 5);
        assert_eq!(&record[..5], b"taken");
        assert!(soon(ours.take(&mut record)).await.unwrap().is_none());
    });
}

#[test]
fn what_nobody_has_taken_is_counted_and_taken_back_even_from_an_end_that_is_closed() {
    alone(async {
        let before = open_descriptors();
        {
            let (ours, theirs) = HandOff::pair().unwrap();
            let queue = HandOffQueue::of(&theirs).unwrap();
            let theirs = HandOff::new(theirs).unwrap();
            let mut record = [0; 4];
            for number in 1..=3u8 {
                ours.try_give(&[number, 0], Some(ours_to_give().as_fd())).unwrap();
            }
            assert_eq!(queue.unread().unwrap(), 6);
            assert!(soon(theirs.take(&mut record)).await.unwrap().is_some());
            assert_eq!(queue.unread().unwrap(), 4, "what has been received is taken");
            theirs.end();
            drop(theirs);
            assert!(
                soon(ours.take(&mut record)).await.unwrap().is_none(),
                "the end is heard"
            );
            for number in 2..=3u8 {
                let back = queue.take_back(&mut record).unwrap().unwrap();
                assert_eq!((back.length, record[0], back.descriptor.is_some()), (2, number, true));
            }
            assert!(queue.take_back(&mut record).unwrap().is_none());
        }
        descriptors_are_back_to(before).await;
    });
}

fn ours_to_give() -> OwnedFd {
    std::fs::File::open("/dev/null").unwrap().into()
}

#[test]
fn a_record_for_whose_descriptor_there_is_no_room_stays_until_there_is() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let queue = HandOffQueue::of(&theirs).unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        ours.try_give(b"1", Some(ours_to_give().as_fd())).unwrap();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let lowest_free = u64::try_from(ours_to_give().as_raw_fd()).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, lowest_free, hard).unwrap();
        let mut record = [0; 4];
        let failed = [theirs.try_take(&mut record), queue.take_back(&mut record)];
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
        let errors = failed.map(|failed| failed.unwrap_err().raw_os_error());
        assert_eq!(errors, [Some(Errno::EMFILE as i32); 2]);
        assert_eq!(queue.unread().unwrap(), 1);
        assert!(theirs.try_take(&mut record).unwrap().unwrap().descriptor.is_some());
    });
}

#[test]
fn a_record_alone_is_heard_though_no_descriptor_is_left_and_one_that_comes_with_it_is_closed() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        ours.try_give(b"one", Some(ours_to_give().as_fd())).unwrap();
        let before = open_descriptors();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        let lowest_free = u64::try_from(ours_to_give().as_raw_fd()).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, lowest_free, hard).unwrap();
        let mut record = [0; 4];
        let heard = soon(theirs.take_record(&mut record)).await;
        setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
        assert_eq!((heard.unwrap(), &record[..3]), (3, &b"one"[..]));
        assert_eq!((theirs.unread().unwrap(), open_descriptors()), (0, before));
        ours.finish();
        assert_eq!(soon(theirs.take_record(&mut record)).await.unwrap(), 0);
    });
}

#[test]
fn the_end_is_seen_when_the_last_record_has_been_taken() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        ours.try_give(b"1", None).unwrap();
        ours.finish();
        assert!(!theirs.is_at_end());
        let mut attempts = 0;
        let taken = theirs.attempt(|pair| {
            attempts += 1;
            pair.try_take(&mut [0; 4])
        });
        assert!(soon(taken).await.unwrap().is_some());
        assert!(theirs.is_at_end());
        assert_eq!(attempts, 1);
    });
}

#[test]
fn what_comes_is_heard_though_what_was_seen_before_it_has_been_taken_back() {
    alone(async {
        let (ours, theirs) = HandOff::pair().unwrap();
        let queue = HandOffQueue::of(&theirs).unwrap();
        let theirs = HandOff::new(theirs).unwrap();
        let mut record = [0; 4];
        for (first, next) in [(b"1", b"2"), (b"3", b"4")] {
            // One is taken, and two are seen to wait.
            for _ in 0..3 {
                ours.try_give(first, None).unwrap();
            }
            assert!(soon(theirs.take(&mut record)).await.unwrap().is_some());
            for _ in 0..2 {
                assert!(queue.take_back(&mut record).unwrap().is_some());
            }
            let give = async {
                tokio::task::yield_now().await;
                ours.try_give(next, None)
            };
            let (taken, given) = tokio::join!(soon(theirs.take(&mut record)), give);
            given.unwrap();
            assert_eq!((taken.unwrap().unwrap().length, &record[..1]), (1, &next[..]));
        }
    });
}
