//! The program, as its users see it: started, asked, killed, stopped.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod demonstration;
mod endings;
mod program;
