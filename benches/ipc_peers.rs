//! The ways to talk to another process that are measured beside each other, each with both of its ends.
//!
//! Both ends are processes of their own, as in life. Whoever measures starts the other and tells it what will come.

use std::io::{BufReader, BufWriter, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use serde::{Deserialize, Serialize};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A message there and back, so many times, one after the other.
    RoundTrip,
    /// So many messages one way, then one back.
    OneWay,
    /// So many descriptors one way, then a message back.
    Handles,
}

/// How much of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// What is done.
    pub work: Work,
    /// How often.
    pub times: u64,
    /// How long a message is about, in bytes.
    pub bytes: usize,
}

/// One way to talk. Both ends get the same load, and one end of a socket.
pub struct Peer {
    /// The name in the table.
    pub name: &'static str,
    /// What it can do at all.
    pub can: fn(Work) -> bool,
    /// The end that measures.
    pub near: fn(OwnedFd, Load),
    /// The end that is measured with it.
    pub far: fn(OwnedFd, Load),
}

/// What most of them send: a JSON text of about as many bytes as the load says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Message {
    /// A word.
    pub cmd: String,
    /// A number.
    pub seq: u64,
    /// The rest of the bytes.
    pub data: String,
}

impl Message {
    /// A message of the load's length.
    #[must_use]
    pub fn of(load: Load) -> Self {
        Self {
            cmd: "work".to_owned(),
            seq: 1,
            data: "x".repeat(load.bytes.saturating_sub(34)),
        }
    }
}

/// All of them, ours first.
#[must_use]
pub fn all() -> Vec<Peer> {
    let any: fn(Work) -> bool = |_| true;
    let values: fn(Work) -> bool = |work| work != Work::Handles;
    #[cfg_attr(not(feature = "peers"), allow(unused_mut))]
    #[rustfmt::skip]
    let mut all = vec![
        Peer { name: "ours json", can: any, near: ours::json_near, far: ours::json_far },
        Peer { name: "ours advanced", can: any, near: ours::advanced_near, far: ours::advanced_far },
        Peer { name: "ours bincode", can: any, near: ours::bincode_near, far: ours::bincode_far },
        Peer { name: "ours bodies", can: values, near: ours::bodies_near, far: ours::bodies_far },
        Peer { name: "raw socket", can: any, near: raw::near, far: raw::far },
        Peer { name: "tokio alone", can: |work| work == Work::RoundTrip, near: reactor::near, far: reactor::far },
    ];
    #[cfg(feature = "peers")]
    #[rustfmt::skip]
    all.extend([
        Peer { name: "tokio-util json", can: values, near: framed::json_near, far: framed::json_far },
        Peer { name: "tokio-util bincode", can: values, near: framed::bincode_near, far: framed::bincode_far },
        Peer { name: "interprocess", can: values, near: local::near, far: local::far },
        Peer { name: "ipc-channel", can: values, near: servo::near, far: servo::far },
    ]);
    all
}

fn alone<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be built").block_on(future)
}

/// Our channel.
mod ours {
    use std::os::fd::OwnedFd;
    use std::sync::Arc;

    use bytes::Bytes;
    use ferronode_ipc::{Channel, Mode, Outgoing};

    use super::{Load, Message, Work, alone};

    fn near(fd: OwnedFd, load: Load, mode: Mode) {
        alone(async {
            let mut channel = Channel::new(fd, mode).expect("a channel");
            let message = Message::of(load);
            match load.work {
                Work::RoundTrip => {
                    for _ in 0..load.times {
                        channel.send(&message).await.expect("sent");
                        let back = channel.recv().await.expect("received").expect("a message");
                        back.to::<Message>().expect("the message");
                    }
                }
                Work::OneWay => {
                    let messages = std::iter::repeat_n(&message, usize::try_from(load.times).expect("few enough"));
                    channel.sender().send_all(messages).await.expect("sent");
                    channel.recv().await.expect("received").expect("the end");
                }
                Work::Handles => {
                    let (left, _right) = std::os::unix::net::UnixStream::pair().expect("a pair");
                    let handle = Arc::new(OwnedFd::from(left));
                    let sender = channel.sender().clone();
                    let sending = async {
                        for _ in 0..load.times {
                            let message = Outgoing::new(1).with_handle(Arc::clone(&handle));
                            sender.send(message).await.expect("sent");
                        }
                    };
                    tokio::join!(sending, async { channel.recv().await.expect("received") });
                }
            }
        });
    }

    fn far(fd: OwnedFd, load: Load, mode: Mode) {
        alone(async {
            let mut channel = Channel::new(fd, mode).expect("a channel");
            for _ in 0..load.times {
                let message = channel.recv().await.expect("received").expect("a message");
                match load.work {
                    Work::RoundTrip => {
                        let message = message.to::<Message>().expect("the message");
                        channel.send(&message).await.expect("sent");
                    }
                    Work::OneWay => assert_eq!(message.to::<Message>().expect("the message").seq, 1),
                    Work::Handles => drop(message.take_handle().expect("a handle")),
                }
            }
            if load.work != Work::RoundTrip {
                channel.send("end").await.expect("sent");
            }
            while let Ok(Some(_)) = channel.recv().await {}
        });
    }

    pub(super) fn json_near(fd: OwnedFd, load: Load) {
        near(fd, load, Mode::Json);
    }
    pub(super) fn json_far(fd: OwnedFd, load: Load) {
        far(fd, load, Mode::Json);
    }
    pub(super) fn bincode_near(fd: OwnedFd, load: Load) {
        near(fd, load, Mode::Bincode);
    }
    pub(super) fn bincode_far(fd: OwnedFd, load: Load) {
        far(fd, load, Mode::Bincode);
    }
    pub(super) fn advanced_near(fd: OwnedFd, load: Load) {
        near(fd, load, Mode::Advanced);
    }
    pub(super) fn advanced_far(fd: OwnedFd, load: Load) {
        far(fd, load, Mode::Advanced);
    }

    /// The bytes beside the message rather than in it.
    pub(super) fn bodies_near(fd: OwnedFd, load: Load) {
        alone(async {
            let mut channel = Channel::new(fd, Mode::Bincode).expect("a channel");
            let body = Bytes::from(vec![b'x'; load.bytes]);
            for _ in 0..load.times {
                let message = Outgoing::new(1).with_body(body.clone());
                if load.work == Work::RoundTrip {
                    channel.send(message).await.expect("sent");
                    channel.recv().await.expect("received").expect("a message");
                } else {
                    channel.sender().feed(message).await.expect("fed");
                }
            }
            if load.work == Work::OneWay {
                channel.recv().await.expect("received").expect("the end");
            }
        });
    }

    pub(super) fn bodies_far(fd: OwnedFd, load: Load) {
        alone(async {
            let mut channel = Channel::new(fd, Mode::Bincode).expect("a channel");
            for _ in 0..load.times {
                let message = channel.recv().await.expect("received").expect("a message");
                let body = message.bodies()[0].clone();
                assert_eq!(body.len(), load.bytes);
                if load.work == Work::RoundTrip {
                    channel.send(Outgoing::new(1).with_body(body)).await.expect("sent");
                }
            }
            if load.work == Work::OneWay {
                channel.send("end").await.expect("sent");
            }
            while let Ok(Some(_)) = channel.recv().await {}
        });
    }
}

/// The limit: a blocking socket, and nothing that could be left out.
mod raw {
    use std::io::IoSlice;
    use std::os::fd::AsFd;

    use super::{BufReader, BufWriter, Load, OwnedFd, Read, UnixStream, Work, Write};

    pub(super) fn near(fd: OwnedFd, load: Load) {
        let mut socket = UnixStream::from(fd);
        let mut bytes = vec![b'x'; load.bytes];
        match load.work {
            Work::RoundTrip => {
                for _ in 0..load.times {
                    socket.write_all(&bytes).expect("written");
                    socket.read_exact(&mut bytes).expect("read");
                }
            }
            Work::OneWay => {
                let mut out = BufWriter::with_capacity(64 << 10, &socket);
                for _ in 0..load.times {
                    out.write_all(&bytes).expect("written");
                }
                out.flush().expect("written");
                drop(out);
                socket.read_exact(&mut [0]).expect("read");
            }
            Work::Handles => {
                let (left, _right) = UnixStream::pair().expect("a pair");
                for _ in 0..load.times {
                    ferronode_sys::send(socket.as_fd(), &[IoSlice::new(b"x")], &[left.as_fd()]).expect("sent");
                }
                socket.read_exact(&mut [0]).expect("read");
            }
        }
    }

    pub(super) fn far(fd: OwnedFd, load: Load) {
        let mut socket = UnixStream::from(fd);
        let mut bytes = vec![0; load.bytes];
        match load.work {
            Work::RoundTrip => {
                for _ in 0..load.times {
                    socket.read_exact(&mut bytes).expect("read");
                    socket.write_all(&bytes).expect("written");
                }
            }
            Work::OneWay => {
                let mut input = BufReader::with_capacity(64 << 10, &socket);
                for _ in 0..load.times {
                    input.read_exact(&mut bytes).expect("read");
                }
                socket.write_all(b"x").expect("written");
            }
            Work::Handles => {
                let mut fds: Vec<OwnedFd> = Vec::new();
                for _ in 0..load.times {
                    ferronode_sys::receive(socket.as_fd(), &mut [0], &mut fds).expect("received");
                    fds.clear();
                }
                socket.write_all(b"x").expect("written");
            }
        }
    }
}

/// What any channel on tokio pays: bytes without a message, and the least that a runtime can do to wait for them.
mod reactor {
    use ferronode_sys::Readiness;

    use super::{Load, OwnedFd, Read, UnixStream, Write, alone};

    /// Watched for reading alone, and a whole read is taken for the last one: nothing is asked twice.
    struct Socket {
        stream: UnixStream,
        watched: Readiness,
    }

    impl Socket {
        fn new(fd: OwnedFd) -> Self {
            let stream = UnixStream::from(fd);
            stream.set_nonblocking(true).expect("non-blocking");
            let watched = stream.try_clone().expect("a second descriptor");
            let watched = Readiness::reading(watched.into()).expect("watched");
            Self { stream, watched }
        }

        async fn read(&mut self, bytes: &mut [u8]) {
            let ready = self.watched.ready().await.expect("watched");
            let count = self.stream.read(bytes).expect("read");
            assert_eq!(count, bytes.len(), "a small message comes whole");
            ready.clear();
        }
    }

    pub(super) fn near(fd: OwnedFd, load: Load) {
        alone(async {
            let (mut socket, mut bytes) = (Socket::new(fd), vec![b'x'; load.bytes]);
            for _ in 0..load.times {
                socket.stream.write_all(&bytes).expect("written");
                socket.read(&mut bytes).await;
            }
        });
    }

    pub(super) fn far(fd: OwnedFd, load: Load) {
        alone(async {
            let (mut socket, mut bytes) = (Socket::new(fd), vec![0; load.bytes]);
            for _ in 0..load.times {
                socket.read(&mut bytes).await;
                socket.stream.write_all(&bytes).expect("written");
            }
        });
    }
}

/// tokio's socket, tokio-util's frames, a codec.
#[cfg(feature = "peers")]
mod framed {
    use bytes::Bytes;
    use futures_util::{SinkExt, StreamExt};
    use tokio::net::UnixStream;
    use tokio_util::codec::{Framed, LengthDelimitedCodec};

    use super::{Load, Message, OwnedFd, Work, alone};

    type Encode = fn(&Message) -> Vec<u8>;
    type Decode = fn(&[u8]) -> Message;

    fn open(fd: OwnedFd) -> Framed<UnixStream, LengthDelimitedCodec> {
        let socket = std::os::unix::net::UnixStream::from(fd);
        socket.set_nonblocking(true).expect("non-blocking");
        let socket = UnixStream::from_std(socket).expect("a socket");
        LengthDelimitedCodec::builder()
            .max_frame_length(64 << 20)
            .new_framed(socket)
    }

    fn near(fd: OwnedFd, load: Load, encode: Encode, decode: Decode) {
        alone(async {
            let mut framed = open(fd);
            let message = Message::of(load);
            for _ in 0..load.times {
                let bytes = Bytes::from(encode(&message));
                if load.work == Work::RoundTrip {
                    framed.send(bytes).await.expect("sent");
                    decode(&framed.next().await.expect("a frame").expect("received"));
                } else {
                    framed.feed(bytes).await.expect("fed");
                }
            }
            if load.work == Work::OneWay {
                SinkExt::<Bytes>::flush(&mut framed).await.expect("flushed");
                framed.next().await.expect("a frame").expect("received");
            }
        });
    }

    fn far(fd: OwnedFd, load: Load, encode: Encode, decode: Decode) {
        alone(async {
            let mut framed = open(fd);
            for _ in 0..load.times {
                let message = decode(&framed.next().await.expect("a frame").expect("received"));
                if load.work == Work::RoundTrip {
                    framed.send(Bytes::from(encode(&message))).await.expect("sent");
                }
            }
            if load.work == Work::OneWay {
                framed.send(Bytes::from_static(b"end")).await.expect("sent");
            }
        });
    }

    fn to_json(message: &Message) -> Vec<u8> {
        serde_json::to_vec(message).expect("encoded")
    }
    fn of_json(bytes: &[u8]) -> Message {
        serde_json::from_slice(bytes).expect("decoded")
    }
    pub(super) fn to_bincode(message: &Message) -> Vec<u8> {
        bincode::serde::encode_to_vec(message, bincode::config::standard()).expect("encoded")
    }
    pub(super) fn of_bincode(bytes: &[u8]) -> Message {
        bincode::serde::decode_from_slice(bytes, bincode::config::standard())
            .expect("decoded")
            .0
    }
    pub(super) fn json_near(fd: OwnedFd, load: Load) {
        near(fd, load, to_json, of_json);
    }
    pub(super) fn json_far(fd: OwnedFd, load: Load) {
        far(fd, load, to_json, of_json);
    }
    pub(super) fn bincode_near(fd: OwnedFd, load: Load) {
        near(fd, load, to_bincode, of_bincode);
    }
    pub(super) fn bincode_far(fd: OwnedFd, load: Load) {
        far(fd, load, to_bincode, of_bincode);
    }
}

/// A name for the far end to meet the near one by, sent over the socket that both have.
#[cfg(feature = "peers")]
fn say(fd: OwnedFd, name: &str) {
    let mut socket = UnixStream::from(fd);
    socket.write_all(format!("{name}\n").as_bytes()).expect("written");
}

#[cfg(feature = "peers")]
fn hear(fd: OwnedFd) -> String {
    let mut name = String::new();
    std::io::BufRead::read_line(&mut BufReader::new(UnixStream::from(fd)), &mut name).expect("read");
    name.trim_end().to_owned()
}

/// interprocess: a local socket by name; length and bincode by hand, as it brings no frames.
#[cfg(feature = "peers")]
mod local {
    use interprocess::local_socket::traits::{ListenerExt, Stream as _};
    use interprocess::local_socket::{GenericNamespaced, ListenerOptions, Stream, ToNsName};

    use super::framed::{of_bincode, to_bincode};
    use super::{BufReader, BufWriter, Load, Message, OwnedFd, Read, Work, Write, hear, say};

    fn write(out: &mut impl Write, message: &Message) {
        let bytes = to_bincode(message);
        let length = u32::try_from(bytes.len()).expect("a short message");
        out.write_all(&length.to_le_bytes()).expect("written");
        out.write_all(&bytes).expect("written");
    }

    fn read(input: &mut impl Read) -> Message {
        let mut length = [0; 4];
        input.read_exact(&mut length).expect("read");
        let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
        input.read_exact(&mut bytes).expect("read");
        of_bincode(&bytes)
    }

    pub(super) fn near(fd: OwnedFd, load: Load) {
        let name = format!("ferronode-bench-{}", std::process::id());
        let listener = ListenerOptions::new().name(name.as_str().to_ns_name::<GenericNamespaced>().expect("a name"));
        let listener = listener.create_sync().expect("a listener");
        say(fd, &name);
        let socket = listener.incoming().next().expect("one").expect("accepted");
        let (mut input, mut out) = (BufReader::new(&socket), BufWriter::with_capacity(64 << 10, &socket));
        let message = Message::of(load);
        for _ in 0..load.times {
            write(&mut out, &message);
            if load.work == Work::RoundTrip {
                out.flush().expect("written");
                read(&mut input);
            }
        }
        if load.work == Work::OneWay {
            out.flush().expect("written");
            read(&mut input);
        }
    }

    pub(super) fn far(fd: OwnedFd, load: Load) {
        let name = hear(fd);
        let socket =
            Stream::connect(name.as_str().to_ns_name::<GenericNamespaced>().expect("a name")).expect("connected");
        let (mut input, mut out) = (BufReader::with_capacity(64 << 10, &socket), BufWriter::new(&socket));
        let mut message = None;
        for _ in 0..load.times {
            let came = read(&mut input);
            if load.work == Work::RoundTrip {
                write(&mut out, &came);
                out.flush().expect("written");
            }
            message = Some(came);
        }
        if load.work == Work::OneWay {
            write(&mut out, &message.expect("at least one"));
            out.flush().expect("written");
        }
    }
}

/// ipc-channel, of Servo.
#[cfg(feature = "peers")]
mod servo {
    use ipc_channel::ipc::{self, IpcOneShotServer, IpcReceiver, IpcSender};

    use super::{Load, Message, OwnedFd, Work, hear, say};

    type Ends = (IpcSender<Message>, IpcReceiver<Message>);

    pub(super) fn near(fd: OwnedFd, load: Load) {
        let (server, name) = IpcOneShotServer::<Ends>::new().expect("a server");
        say(fd, &name);
        let (_, (sender, receiver)) = server.accept().expect("accepted");
        let message = Message::of(load);
        for _ in 0..load.times {
            sender.send(message.clone()).expect("sent");
            if load.work == Work::RoundTrip {
                receiver.recv().expect("received");
            }
        }
        if load.work == Work::OneWay {
            receiver.recv().expect("received");
        }
    }

    pub(super) fn far(fd: OwnedFd, load: Load) {
        let server = IpcSender::<Ends>::connect(hear(fd)).expect("connected");
        let (to_us, from_them) = ipc::channel().expect("a channel");
        let (to_them, from_us) = ipc::channel().expect("a channel");
        server.send((to_us, from_us)).expect("sent");
        let mut message = None;
        for _ in 0..load.times {
            let came = from_them.recv().expect("received");
            if load.work == Work::RoundTrip {
                to_them.send(came.clone()).expect("sent");
            }
            message = Some(came);
        }
        if load.work == Work::OneWay {
            to_them.send(message.expect("at least one")).expect("sent");
        }
    }
}
