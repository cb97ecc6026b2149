//! zerocopy-nio: moves bytes between files, sockets and pipes without copying them through user
//! space.
//!
//! One core with two faces: `jni` for the Java library and [`capi`] for C and every language that
//! can call C. Calls go down only:
//!
//! | layer | what it does |
//! |---|---|
//! | `jni`, [`capi`] | convert arguments and errors; hold no logic |
//! | [`driver`] | decides when to step and when to wait |
//! | [`sender`] | MSG_ZEROCOPY: messages, completions, when to copy after all |
//! | [`transfer`] | the resumable state machine: all control flow, fallback, accounting |
//! | [`plan`], [`probe`] | which mechanisms, in which order, and what works here |
//! | [`mechanism`] | one file each, one bounded step |
//! | [`kernel`] | the only door to the operating system |

pub mod capi;
pub mod driver;
pub mod error;
#[cfg(feature = "jni")]
mod jni;
pub mod kernel;
pub mod mechanism;
pub mod plan;
pub mod probe;
pub mod sender;
pub mod transfer;

/// The version of the library, as in its manifest.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
