//! A Node child for a Rust parent: `child.js` sends everything back.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ferronode_ipc::{CHANNEL_FD, CHANNEL_MODE, Channel, Handle, Message, Mode, Outgoing};
use ferronode_sys::{PidFd, Spawn, Wait, stream_pair};
use ferronode_v8_serialize::Options;
use fixtures::which;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::random::Random;

/// Values by chance, in each mode.
const COUNT: usize = 2500;

/// A Node process that sends back what it is sent, and our end of the channel.
struct Echo {
    channel: Channel,
    process: PidFd,
}

impl Echo {
    async fn start(mode: Mode) -> Result<Self, Failed> {
        let (ours, theirs) = stream_pair()?;
        let script: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/node/child.js"].iter().collect();
        let mut spawn = Spawn::new(&which("node"), OsStr::new("node"))?;
        spawn.argument(script.as_os_str())?;
        spawn.variable(OsStr::new(CHANNEL_FD), OsStr::new("3"))?;
        spawn.variable(OsStr::new(CHANNEL_MODE), OsStr::new(mode.name()))?;
        spawn.descriptor(theirs.as_fd(), 3);
        let (input, output, errors) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        spawn.descriptor(input.as_fd(), 0);
        spawn.descriptor(output.as_fd(), 1);
        spawn.descriptor(errors.as_fd(), 2);
        let process = spawn.start()?.pidfd;
        drop(theirs);
        let mut echo = Self {
            channel: Channel::new(ours, mode)?,
            process,
        };
        assert_eq!(echo.receive().await?.to::<String>()?, "ready");
        Ok(echo)
    }

    async fn receive(&mut self) -> Result<Message, Failed> {
        let received = tokio::time::timeout(Duration::from_secs(20), self.channel.recv()).await?;
        received?.ok_or_else(|| "the child has gone away".into())
    }

    /// A handle, there and back.
    async fn travel(&mut self, handle: impl Into<Handle>) -> Result<Handle, Failed> {
        self.channel
            .send(Outgoing::new("there and back").with_handle(handle))
            .await?;
        let message = self.receive().await?;
        assert_eq!(message.to::<String>()?, "there and back");
        message
            .take_handle()
            .ok_or_else(|| "it came back without its handle".into())
    }

    /// Disconnects. Node ends then, for it has nothing else to do.
    async fn end(self) -> Result<(), Failed> {
        self.channel.close().await;
        match self.process.wait()? {
            Wait::Ended(status) if status.code() == Some(0) => Ok(()),
            other => Err(format!("expected the exit code 0, found {other:?}").into()),
        }
    }
}

/// Runs a case in a runtime of its own.
pub(crate) fn run(mode: Mode, case: impl AsyncFnOnce(Mode) -> Result<(), Failed>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(case(mode))
}

pub(crate) async fn large(mode: Mode) -> Result<(), Failed> {
    let mut echo = Echo::start(mode).await?;
    for text in ["x".repeat(5_000_000), "€".repeat(1_700_000)] {
        echo.channel.send(&text).await?;
        assert!(echo.receive().await?.to::<String>()? == text);
    }
    echo.end().await
}

pub(crate) async fn json(mode: Mode) -> Result<(), Failed> {
    let mut echo = Echo::start(mode).await?;
    let mut random = Random::new(3);
    let values: Vec<Value> = (0..COUNT).map(|_| random.json(4)).collect();
    let sender = echo.channel.sender().clone();
    let sending = values.clone();
    let sending = tokio::spawn(async move {
        for value in sending {
            sender.feed(value).await?;
        }
        sender.flush().await;
        Ok::<_, ferronode_ipc::SendError<Value>>(())
    });
    for value in values {
        assert_eq!(echo.receive().await?.to::<Value>()?, value);
    }
    sending.await??;
    echo.end().await
}

/// What only mode `advanced` can say. Node sends no undefined and no BigInt on the outside, so they travel in an object.
pub(crate) async fn graphs(mode: Mode) -> Result<(), Failed> {
    let mut echo = Echo::start(mode).await?;
    let (mut random, options) = (Random::new(5), Options::default());
    for index in 0..COUNT {
        let mut graph = random.graph();
        let root = graph.root().value().clone();
        let holder = graph.add(ferronode_v8_serialize::Properties::default());
        graph.set(holder, "value", root);
        graph.set_root(holder);
        echo.channel.sender().send_graph(&graph).await?;
        let (ours, back) = (
            graph.encode(&options)?,
            echo.receive().await?.value()?.encode(&options)?,
        );
        if ours != back {
            return Err(format!("value {index}:\n{back:02x?}\nis not\n{ours:02x?}").into());
        }
    }
    echo.end().await
}

pub(crate) async fn handles(mode: Mode) -> Result<(), Failed> {
    let mut echo = Echo::start(mode).await?;
    let folder = std::env::temp_dir().join(format!("ferronode-ipc-{}-{}", std::process::id(), mode.name()));
    std::fs::create_dir_all(&folder)?;

    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let Handle::TcpListener(listener) = echo.travel(listener).await? else {
        return Err("no listener".into());
    };
    assert_eq!(listener.local_addr()?, address);
    let mut client = TcpStream::connect(address)?;
    // As it was accepted by a server that has this key, and as a client's.
    let (accepted, _) = accept(|| listener.accept())?;
    let message = Outgoing::new("there and back")
        .with_handle(accepted)
        .with_key("4:127.0.0.1:0");
    echo.channel.send(message).await?;
    let back = echo.receive().await?;
    let Some(Handle::TcpStream(accepted)) = back.take_handle() else {
        return Err("no connection".into());
    };
    talk(accepted, &mut client)?;
    let client = TcpStream::connect(address)?;
    let (mut accepted, _) = accept(|| listener.accept())?;
    let Handle::TcpStream(client) = echo.travel(client).await? else {
        return Err("no connection".into());
    };
    talk(client, &mut accepted)?;

    let listener = UnixListener::bind(folder.join("socket"))?;
    let Handle::UnixListener(listener) = echo.travel(listener).await? else {
        return Err("no listener".into());
    };
    let mut client = UnixStream::connect(folder.join("socket"))?;
    let (accepted, _) = accept(|| listener.accept())?;
    let Handle::UnixStream(accepted) = echo.travel(accepted).await? else {
        return Err("no connection".into());
    };
    talk(accepted, &mut client)?;

    for address in ["127.0.0.1:0", "[::1]:0"] {
        let socket = UdpSocket::bind(address)?;
        let address = socket.local_addr()?;
        let Handle::UdpSocket(socket) = echo.travel(socket).await? else {
            return Err("no UDP socket".into());
        };
        assert_eq!(socket.local_addr()?, address);
        UdpSocket::bind((address.ip(), 0))?.send_to(b"a datagram", address)?;
        let mut bytes = [0; 32];
        let (length, _) = accept(|| socket.recv_from(&mut bytes))?;
        assert_eq!(&bytes[..length], b"a datagram");
    }
    remove(&folder)?;
    echo.end().await
}

/// Several connections are under way at once, between messages of any length: Node has one place for a descriptor.
pub(crate) async fn together(mode: Mode) -> Result<(), Failed> {
    let mut echo = Echo::start(mode).await?;
    let sockets: Vec<Arc<OwnedFd>> = (0..300)
        .map(|_| Ok(Arc::new(TcpListener::bind("127.0.0.1:0")?.into())))
        .collect::<std::io::Result<_>>()?;
    let sender = echo.channel.sender().clone();
    let sending = sockets.clone();
    let sending = tokio::spawn(async move {
        for (number, socket) in sending.into_iter().enumerate() {
            if number % 7 == 0 {
                sender.send((number, "x".repeat(number * 300 % 80_000))).await?;
            }
            // Where it is long it is read in two pieces.
            let most = if number % 5 == 0 { 70_000 } else { 300 };
            let text = "x".repeat(number * number * number % most);
            let message = Outgoing::new((number, text)).with_handle(Handle::Connection(socket));
            sender.send(message).await?;
        }
        Ok::<_, ferronode_ipc::SendError<(usize, String)>>(())
    });
    let mut next = 0;
    while next < sockets.len() {
        let message = echo.receive().await?;
        let (number, _) = message.to::<(usize, String)>()?;
        assert_eq!(number, next, "in order, since none was lost");
        if let Some(handle) = message.take_handle() {
            assert_eq!(
                TcpListener::from(handle.into_fd().unwrap()).local_addr()?,
                TcpListener::from(sockets[number].try_clone()?).local_addr()?
            );
            next += 1;
        }
    }
    sending.await??;
    echo.end().await
}

pub(crate) async fn questions(mode: Mode) -> Result<(), Failed> {
    let mut echo = Echo::start(mode).await?;
    // What comes back is our own question: the child does not know what it is.
    let sender = echo.channel.sender().clone();
    let asking = tokio::spawn(async move { sender.request("and you?", Duration::from_secs(20)).await });
    let message = echo.receive().await?;
    let request = message.request().ok_or("expected a question")?;
    assert_eq!(message.to::<String>()?, "and you?");
    let answering = tokio::spawn(request.reply("fine"));
    // Our answer comes back too, and has the number of the question.
    tokio::select! {
        answer = asking => assert_eq!(answer??.to::<String>()?, "fine"),
        message = echo.receive() => return Err(format!("expected nothing for us, found {message:?}").into()),
    }
    answering.await??;
    echo.end().await
}

/// Sockets that have travelled do not block: asks again until something is there.
fn accept<T>(mut attempt: impl FnMut() -> std::io::Result<T>) -> Result<T, Failed> {
    loop {
        match attempt() {
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::yield_now(),
            done => return Ok(done?),
        }
    }
}

fn talk(mut travelled: impl Write, peer: &mut impl Read) -> Result<(), Failed> {
    travelled.write_all(b"from afar")?;
    drop(travelled);
    let mut text = String::new();
    accept(|| peer.read_to_string(&mut text))?;
    assert_eq!(text, "from afar");
    Ok(())
}

fn remove(folder: &Path) -> Result<(), Failed> {
    Ok(std::fs::remove_dir_all(folder)?)
}
