//! What is printed: a sentence for people, or a JSON object a line for programs.
//!
//! Nobody may be reading any more: that is no reason to stop serving, so a failed write is forgotten.

use std::io::{self, Write};
use std::net::SocketAddr;

use ferronode_cluster::{Exited, Listening, Worker};
use serde_json::{Value, json};

/// Prints what happens, in one of the two ways.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Report {
    pub(crate) json: bool,
}

impl Report {
    pub(crate) fn primary(self, address: SocketAddr) {
        let pid = std::process::id();
        if self.json {
            let object = json!({ "event": "primary", "id": 0, "pid": pid });
            return print(&with_address(object, address).to_string());
        }
        print(&format!(
            "http://{address} served by the workers of primary {pid}\n  \
             try    curl http://{address}\n  \
             then   kill -9 one of the workers below: another takes its place\n  \
             stop   Ctrl-C, or kill {pid}: what is under way is finished first"
        ));
    }

    pub(crate) fn fork(self, worker: &Worker) {
        self.say("fork", worker, json!({}), "started");
    }

    pub(crate) fn online(self, worker: &Worker) {
        if self.json {
            self.say("online", worker, json!({}), "online");
        }
    }

    pub(crate) fn listening(self, told: &Listening) {
        let text = format!("listening on {}", told.address);
        let address = told.address.socket();
        let fields = address.map_or_else(
            || json!({ "address": told.address.to_string() }),
            |it| with_address(json!({}), it),
        );
        self.say("listening", &told.worker, fields, &text);
    }

    pub(crate) fn disconnect(self, worker: &Worker) {
        if self.json {
            self.say("disconnect", worker, json!({}), "disconnected");
        }
    }

    pub(crate) fn exit(self, told: &Exited) {
        let signal = told.exit.signal().map(|signal| signal.to_string());
        let fields = json!({ "code": told.exit.code(), "signal": signal });
        self.say("exit", &told.worker, fields, &format!("ended: {}", told.exit));
    }

    fn say(self, event: &str, worker: &Worker, mut fields: Value, text: &str) {
        let (id, pid) = (worker.id(), worker.pid());
        if !self.json {
            return print(&format!("worker {id} (pid {pid}) {text}"));
        }
        fields["event"] = event.into();
        fields["id"] = id.0.into();
        fields["pid"] = pid.into();
        print(&fields.to_string());
    }
}

/// Says on standard error what is wrong.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "ferronode: {text}");
}

fn with_address(mut object: Value, address: SocketAddr) -> Value {
    object["address"] = address.ip().to_string().into();
    object["port"] = address.port().into();
    object
}

fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}
