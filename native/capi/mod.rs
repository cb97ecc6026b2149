//! The C face: pointers become references, errors become a status. It holds no logic.
//!
//! `include/zerocopy_nio.h` is generated from this module, its documentation included.
//!
//! # Safety
//!
//! Every pointer is checked against NULL before it is used; that it points to a live value of its
//! type is the caller's duty, as the contract at the top of the header says.
#![allow(unsafe_code)]

mod capabilities;
mod engine;
mod guard;
mod options;
mod pump;
mod request;
mod result;
mod sender;
mod text;
mod transfer;

use std::ffi::c_char;

pub use capabilities::zc_capabilities;
pub use engine::{
    zc_engine, zc_engine_completed, zc_engine_fd, zc_engine_free, zc_engine_new, zc_engine_options,
    zc_relay_close, zc_relay_delivered, zc_relay_end, zc_relay_ended, zc_relay_flow,
    zc_relay_options, zc_relay_result, zc_relay_start,
};
pub use options::{
    ZC_DIRECT_IO_ABOVE, ZC_DIRECT_IO_AUTO, ZC_DIRECT_IO_NEVER, ZC_FLAG_STABLE, ZC_MECHANISM_COPY,
    ZC_MECHANISM_COPY_FILE_RANGE, ZC_MECHANISM_DIRECT_IO, ZC_MECHANISM_MAPPED,
    ZC_MECHANISM_MSG_ZEROCOPY, ZC_MECHANISM_SENDFILE, ZC_MECHANISM_SPLICE, zc_options, zc_progress,
};
pub use pump::{zc_pump, zc_pump_cancel, zc_pump_free, zc_pump_new, zc_pump_step};
pub use result::{ZC_MESSAGE_BYTES, zc_end, zc_result, zc_status};
pub use sender::{
    ZC_COPIED_BACKED_OFF, ZC_COPIED_BY_KERNEL, ZC_COPIED_DISABLED, ZC_COPIED_NO_BUFFERS,
    ZC_COPIED_SMALL, ZC_COPIED_UNSUPPORTED, zc_completion, zc_sender, zc_sender_acquire,
    zc_sender_fd, zc_sender_free, zc_sender_get_state, zc_sender_new, zc_sender_options,
    zc_sender_reap, zc_sender_release, zc_sender_send, zc_sender_state, zc_sender_wait, zc_sent,
};
pub use transfer::{zc_plan_describe, zc_transfer};

/// The version of the library as text, for example "0.1.0". Valid for ever; never NULL.
///
/// The header's own version is `ZC_VERSION`. Thread-safe; does not block.
#[unsafe(no_mangle)]
pub extern "C" fn zc_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// What a status means, in English. Valid for ever; never NULL, also for an unknown number.
///
/// For `ZC_SYSTEM` the details are in the result: `error_number` and `call`. Thread-safe; does not
/// block.
///
/// @param status any number; a `zc_status` as an int, so that an unknown one is not undefined.
#[unsafe(no_mangle)]
pub extern "C" fn zc_status_message(status: i32) -> *const c_char {
    result::message(status).as_ptr()
}
