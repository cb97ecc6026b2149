//! The values that go in and out of `zc_sender_*`.

use std::ffi::c_int;

use crate::capi::options::disabled_by_environment;
use crate::kernel::zerocopy::Region;
use crate::mechanism::Mechanism;
use crate::sender::policy::Causes;
use crate::sender::{Finished, Outcome, Settings};

/// What a sender may do. NULL stands for `ZC_SENDER_OPTIONS_INIT`.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_sender_options {
    /// `sizeof(zc_sender_options)`, so that it can grow. `ZC_SENDER_OPTIONS_INIT` sets it.
    pub size: usize,
    /// The bound on bytes in flight; 0 for the default, 4 MiB. A single message may be larger.
    pub in_flight_bytes_max: usize,
    /// Shorter parts are copied, as that costs less; 0 for the default, 16 KiB.
    pub threshold_bytes: usize,
    /// How many zero-copy sends the socket has made before: 0 unless it had a sender already, whose
    /// `zc_sender_state.next_id` it then is.
    pub first_id: u32,
    /// 1 forbids MSG_ZEROCOPY: everything is copied. Else 0.
    pub copy_only: u32,
}

/// How a message ended.
/// cbindgen:rename-all=prefix:ZC_SENT_
#[repr(i32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum zc_sent {
    /// The kernel has taken all of it, and its memory is free.
    WHOLE = 0,
    /// The rest of it could not be sent: see `error_number`. Its memory is free. After a part of a
    /// message, nothing more is sent on a stream: messages after it end in the same way.
    FAILED = 1,
}

/// What became of one message. The size of this struct does not change: it stands in arrays.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_completion {
    /// The number that `zc_sender_send` gave.
    pub id: u64,
    /// The bytes that the kernel took.
    pub bytes: u64,
    /// Those of them that were sent without a copy.
    pub zero_copy_bytes: u64,
    /// Whether the kernel copied any of them, whatever the reason: 0 or 1.
    pub copied: u32,
    /// Why, as a sum of `ZC_COPIED_*`.
    pub copied_causes: u32,
    /// How it ended.
    pub sent: zc_sent,
    /// The `errno` of the send that failed, or 0.
    pub error_number: c_int,
    /// Always 0 in this version.
    pub reserved: [u64; 2],
}

/// The part was shorter than the threshold.
pub const ZC_COPIED_SMALL: u32 = 1;
/// The kernel reported that it copied although it was asked not to: loopback, a network device
/// without scatter-gather, a packet socket that listens.
pub const ZC_COPIED_BY_KERNEL: u32 = 2;
/// It had reported that before, and zero-copy is not tried again yet.
pub const ZC_COPIED_BACKED_OFF: u32 = 4;
/// ENOBUFS: RLIMIT_MEMLOCK or net.core.optmem_max was reached.
pub const ZC_COPIED_NO_BUFFERS: u32 = 8;
/// The socket has no MSG_ZEROCOPY: see `zc_sender_state.refusal_error_number`.
pub const ZC_COPIED_UNSUPPORTED: u32 = 16;
/// It is forbidden by an option or by `ZEROCOPY_NIO_DISABLE`.
pub const ZC_COPIED_DISABLED: u32 = 32;

const _: () = {
    assert!(ZC_COPIED_SMALL == Causes::SMALL.bits() as u32);
    assert!(ZC_COPIED_BY_KERNEL == Causes::COPIED_BY_KERNEL.bits() as u32);
    assert!(ZC_COPIED_BACKED_OFF == Causes::BACKED_OFF.bits() as u32);
    assert!(ZC_COPIED_NO_BUFFERS == Causes::NO_BUFFERS.bits() as u32);
    assert!(ZC_COPIED_UNSUPPORTED == Causes::UNSUPPORTED.bits() as u32);
    assert!(ZC_COPIED_DISABLED == Causes::DISABLED.bits() as u32);
};

/// How a sender stands.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct zc_sender_state {
    /// `sizeof(zc_sender_state)`, set by the caller, so that it can grow.
    pub size: usize,
    /// Bytes that were given to the sender and are neither copied by the kernel nor completed.
    pub bytes_in_flight: u64,
    /// Those of them that the kernel has not taken yet.
    pub bytes_unsent: u64,
    /// The number that the kernel gives to the next zero-copy send.
    pub next_id: u32,
    /// Whether zero-copy is paused or impossible: 0 or 1.
    pub is_copying: u32,
    /// What the system said when it refused MSG_ZEROCOPY for this socket, or 0.
    pub refusal_error_number: c_int,
    /// The `errno` of the last call here that returned `ZC_SYSTEM`, or 0.
    pub error_number: c_int,
}

/// What the options ask for; `None` where they are no options.
pub(super) fn settings(options: Option<&zc_sender_options>) -> Option<Settings> {
    let is_allowed = !disabled_by_environment().contains(Mechanism::MsgZerocopy);
    let default = Settings { zero_copy: is_allowed, ..Settings::default() };
    let Some(options) = options else { return Some(default) };
    if options.size < size_of::<zc_sender_options>() || options.copy_only > 1 {
        return None;
    }
    let or = |value: usize, default: usize| if value == 0 { default } else { value };
    Some(Settings {
        in_flight_bytes_max: or(options.in_flight_bytes_max, default.in_flight_bytes_max),
        threshold_bytes: or(options.threshold_bytes, default.threshold_bytes),
        zero_copy: is_allowed && options.copy_only == 0,
        first_id: options.first_id,
    })
}

pub(super) fn completion(finished: &Finished<Region>) -> zc_completion {
    let (sent, error_number) = match finished.outcome {
        Outcome::Sent => (zc_sent::WHOLE, 0),
        Outcome::Failed(errno) => (zc_sent::FAILED, errno as c_int),
        Outcome::Withdrawn | Outcome::Abandoned => {
            unreachable!("the C face neither withdraws nor abandons")
        }
    };
    zc_completion {
        id: finished.number,
        bytes: finished.bytes as u64,
        zero_copy_bytes: finished.zero_copy_bytes as u64,
        copied: u32::from(finished.zero_copy_bytes < finished.bytes),
        copied_causes: u32::from(finished.causes.bits()),
        sent,
        error_number,
        reserved: [0; 2],
    }
}
