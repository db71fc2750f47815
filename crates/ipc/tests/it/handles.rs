//! Descriptors through a real socket: every kind arrives as what it is, none leaks, none is lost without a word.

use std::io::{IoSlice, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::Arc;

use ferronode_ipc::{Channel, Handle, Limits, Mode, Outgoing, ProtocolError, RecvError, SendErrorKind};

use crate::{alone, descriptors_are_back_to, open_descriptors, soon};

fn tcp_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    (client, listener.accept().unwrap().0)
}

#[test]
fn a_connection_is_served_by_whoever_received_it() {
    alone(async {
        for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
            let (mut parent, mut child) = Channel::pair(mode).unwrap();
            let (mut client, accepted) = tcp_pair();
            parent.send(Outgoing::new("serve").with_handle(accepted)).await.unwrap();
            let message = soon(child.recv()).await.unwrap().unwrap();
            assert_eq!(message.to::<String>().unwrap(), "serve");
            // In Node's mode the sender keeps its copy until it has read the acknowledgement.
            child.send("done").await.unwrap();
            soon(parent.recv()).await.unwrap().unwrap();
            let stream = message.take_handle().unwrap().into_tcp_stream().unwrap();
            stream.set_nonblocking(false).unwrap();
            (&stream).write_all(b"hello").unwrap();
            drop(stream);
            let mut text = String::new();
            client.read_to_string(&mut text).unwrap();
            assert_eq!(
                text, "hello",
                "and closed when the receiver closed it: nobody else holds it"
            );
        }
    });
}

#[test]
fn every_kind_arrives_as_what_it_is() {
    alone(async {
        let path = std::env::temp_dir().join(format!("ferronode-ipc-{}", std::process::id()));
        let all = || -> Vec<Handle> {
            let unix = UnixListener::bind(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            vec![
                TcpListener::bind("127.0.0.1:0").unwrap().into(),
                tcp_pair().0.into(),
                unix.into(),
                UnixStream::pair().unwrap().0.into(),
                UdpSocket::bind("127.0.0.1:0").unwrap().into(),
                OwnedFd::from(std::fs::File::open("/dev/null").unwrap()).into(),
            ]
        };
        let expected = [
            "TcpListener",
            "TcpStream",
            "UnixListener",
            "UnixStream",
            "UdpSocket",
            "Fd",
        ];
        let names = |handles: &[Handle]| -> Vec<String> {
            let name = |handle: &Handle| format!("{handle:?}").split('(').next().unwrap().to_owned();
            handles.iter().map(name).collect()
        };
        let (parent, mut child) = Channel::pair(Mode::Bincode).unwrap();
        parent
            .send(all().into_iter().fold(Outgoing::new(0), Outgoing::with_handle))
            .await
            .unwrap();
        assert_eq!(
            names(&soon(child.recv()).await.unwrap().unwrap().take_handles()),
            expected
        );

        let (mut parent, mut child) = Channel::pair(Mode::Json).unwrap();
        let mut handles = all();
        let error = parent.send(Outgoing::new(0).with_handle(handles.pop().unwrap())).await;
        let error = error.expect_err("a Node process would be aborted by it");
        assert!(matches!(error.kind, SendErrorKind::Handle(_)), "{error}");
        for handle in handles {
            parent.send(Outgoing::new(0).with_handle(handle)).await.unwrap();
        }
        // The parent must read, or the acknowledgements are not seen.
        let reading = tokio::spawn(async move { parent.recv().await.map(|message| message.is_none()) });
        for name in &expected[..5] {
            assert_eq!(
                names(&soon(child.recv()).await.unwrap().unwrap().take_handles()),
                [*name]
            );
        }
        drop(child);
        assert!(soon(reading).await.unwrap().unwrap());
    });
}

#[test]
fn a_shared_copy_stays_with_its_sender() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Bincode).unwrap();
        let (mut client, accepted) = tcp_pair();
        let kept = Arc::new(OwnedFd::from(accepted));
        parent
            .send(Outgoing::new(()).with_handle(Arc::clone(&kept)))
            .await
            .unwrap();
        drop(soon(child.recv()).await.unwrap().unwrap());
        let kept = Arc::try_unwrap(kept).expect("the channel has let go of it");
        TcpStream::from(kept).write_all(b"still mine").unwrap();
        let mut text = String::new();
        client.read_to_string(&mut text).unwrap();
        assert_eq!(text, "still mine");
    });
}

#[test]
fn two_handles_with_one_message_are_too_many_for_node() {
    alone(async {
        let (parent, _child) = Channel::pair(Mode::Json).unwrap();
        let (left, right) = tcp_pair();
        let error = parent
            .send(Outgoing::new(0).with_handle(left).with_handle(right))
            .await
            .unwrap_err();
        assert!(matches!(error.kind, SendErrorKind::Encode(_)), "{error}");
        assert_eq!(error.message.into_parts().1.len(), 2, "they come back");
    });
}

#[test]
fn a_thousand_handles_leave_no_descriptor_behind() {
    alone(async {
        let before = open_descriptors();
        for mode in [Mode::Json, Mode::Advanced, Mode::Bincode] {
            let (mut parent, mut child) = Channel::pair(mode).unwrap();
            let sender = parent.sender().clone();
            let reading = tokio::spawn(async move { while let Ok(Some(_)) = parent.recv().await {} });
            let sending = tokio::spawn(async move {
                for nth in 0..1000 {
                    let handle = OwnedFd::from(UnixStream::pair().unwrap().0);
                    sender.send(Outgoing::new(nth).with_handle(handle)).await.unwrap();
                }
            });
            for nth in 0..1000 {
                let message = soon(child.recv()).await.unwrap().unwrap();
                assert_eq!(
                    (message.to::<i32>().unwrap(), message.take_handle().is_some()),
                    (nth, true)
                );
            }
            soon(sending).await.unwrap();
            drop(child);
            soon(reading).await.unwrap();
        }
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn flush_and_close_wait_for_the_acknowledgement_and_no_longer() {
    alone(async {
        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        parent.send(Outgoing::new("a").with_handle(tcp_pair().0)).await.unwrap();
        let (sender, mut receiver) = parent.split();
        let flushing = tokio::spawn(async move { sender.flush().await });
        let reading = tokio::spawn(async move { receiver.recv().await.map(|message| message.is_none()) });
        assert!(soon(child.recv()).await.unwrap().unwrap().take_handle().is_some());
        soon(flushing).await.unwrap();
        drop(child);
        assert!(soon(reading).await.unwrap().unwrap());

        let (parent, mut child) = Channel::pair(Mode::Json).unwrap();
        parent.send(Outgoing::new("a").with_handle(tcp_pair().0)).await.unwrap();
        parent.send("behind").await.unwrap();
        let closing = tokio::spawn(parent.close());
        assert!(soon(child.recv()).await.unwrap().unwrap().take_handle().is_some());
        assert_eq!(
            soon(child.recv()).await.unwrap().unwrap().to::<String>().unwrap(),
            "behind"
        );
        soon(closing).await.unwrap();
        assert!(soon(child.recv()).await.unwrap().is_none());
    });
}

#[test]
fn a_peer_that_dies_with_a_handle_in_flight_ends_the_wait() {
    alone(async {
        let before = open_descriptors();
        let (mut parent, child) = Channel::pair(Mode::Json).unwrap();
        parent.send(Outgoing::new("a").with_handle(tcp_pair().0)).await.unwrap();
        parent.send("behind").await.unwrap();
        drop(child);
        assert!(soon(parent.recv()).await.unwrap().is_none());
        soon(parent.sender().flush()).await;
        assert!(parent.send("too late").await.is_err());
        drop(parent);
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn a_flood_of_descriptors_that_no_message_asks_for_ends_the_channel() {
    alone(async {
        let before = open_descriptors();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let limits = Limits {
            handles: 8,
            ..Limits::default()
        };
        let mut channel = Channel::with_limits(ours.into(), Mode::Json, limits).unwrap();
        let gift = std::fs::File::open("/dev/null").unwrap();
        for _ in 0..9 {
            ferronode_sys::send(theirs.as_fd(), &[IoSlice::new(b" ")], &[gift.as_fd()]).unwrap();
        }
        match soon(channel.recv()).await {
            Err(RecvError::Protocol(ProtocolError::TooManyHandles { limit: 8 })) => {}
            other => panic!("{other:?}"),
        }
        drop((channel, theirs, gift));
        descriptors_are_back_to(before).await;
    });
}

#[test]
fn handles_travel_together_to_node_unless_much_before_them_may_be_unread() {
    alone(async {
        for (length, together) in [(10, 2), (5_000, 1)] {
            let (ours, mut theirs) = UnixStream::pair().unwrap();
            let channel = Channel::new(ours.into(), Mode::Json).unwrap();
            channel.send("x".repeat(length)).await.unwrap();
            for number in 0..2 {
                let connection = Handle::Connection(Arc::new(tcp_pair().0.into()));
                channel
                    .send(Outgoing::new(number).with_handle(connection))
                    .await
                    .unwrap();
            }
            let mut bytes = vec![0; 64 << 10];
            let mut text = Vec::new();
            theirs.set_nonblocking(true).unwrap();
            while let Ok(count) = theirs.read(&mut bytes) {
                text.extend_from_slice(&bytes[..count]);
            }
            let text = String::from_utf8(text).unwrap();
            assert_eq!(text.matches("NODE_HANDLE").count(), together, "behind {length} bytes");
        }
    });
}
