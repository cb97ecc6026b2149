//! The drivers decide when to step a transfer and when to wait.
//!
//! [`stepped`] makes one step of a transfer that keeps nothing: for the drop-ins of Java. [`Pump`]
//! keeps a transfer that is stepped from outside: for Java. [`blocking`] runs to the end, and
//! [`turns`] takes turns with others on one thread: for C. [`relay_engine`] has threads of its own, each
//! with many relays: for both.

pub mod blocking;
mod itself;
mod limits;
pub mod pipe_reaper;
mod pump;
mod quiet_thread;
pub mod relay_engine;
mod request;
mod send_timeout;
pub mod stepped;
pub mod turns;

pub use itself::refuse_itself;
pub use limits::{Limits, Watch};
pub use pump::Pump;
pub use request::{DirectIo, Options, Request, prepare, unix_stream};

use crate::transfer::Process;

/// What all transfers of this process share, through whichever face.
pub static PROCESS: Process = Process::watched(pipe_reaper::start);
