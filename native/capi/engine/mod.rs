//! `zc_engine_*` and `zc_relay_*`.
#![allow(non_camel_case_types)]

mod values;

use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;

use values::EngineSettings;
pub use values::{
    zc_engine_options, zc_relay_end, zc_relay_ended, zc_relay_flow, zc_relay_options,
    zc_relay_result,
};

use super::guard;
use super::result::{answer, zc_result, zc_status};
use crate::driver::PROCESS;
use crate::driver::relay_engine::{Outcome, RelayEngine, Sink};
use crate::error::Error;
use crate::kernel::Fd;

/// Threads that relay between very many pairs of sockets: start relays with `zc_relay_start`, and hear
/// of each that is over by `on_relay_ended`, or by polling `zc_engine_fd` and `zc_engine_completed`.
///
/// Thread-safe, but for `zc_engine_free`. Not to be used in a child after fork(), which has none of the
/// threads: there each function returns `ZC_UNSUPPORTED`, and `zc_engine_free` frees what it can.
pub struct zc_engine {
    engine: RelayEngine,
}

/// Makes an engine, whose threads have nothing to do yet.
///
/// Its threads have all signals masked. It has two descriptors for each of them, and `zc_engine_fd`,
/// all with O_CLOEXEC. Free it before the library is unloaded with dlclose(3).
///
/// @param options NULL for the default: one thread, and results wait for `zc_engine_completed`.
/// @param result  not NULL, `size` set: says what was wrong.
/// @param engine  not NULL; where the engine goes, or NULL where the status is not `ZC_OK`.
/// @return `ZC_OK`; `ZC_SYSTEM` with EMFILE, ENFILE, ENOMEM or EAGAIN where no descriptor or no thread
///         is to be had; `ZC_INVALID_ARGUMENT`, `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value that nobody else uses during the call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_engine_new(
    options: *const zc_engine_options,
    result: *mut zc_result,
    engine: *mut *mut zc_engine,
) -> zc_status {
    // SAFETY: the caller promises that it is NULL or live.
    let Some(engine) = (unsafe { engine.as_mut() }) else { return zc_status::NULL_ARGUMENT };
    *engine = std::ptr::null_mut();
    let body = || {
        // SAFETY: the caller promises that the options are NULL or live.
        match unsafe { zc_engine_options::read(options) }.and_then(|it| zc_engine::of(&it)) {
            Ok(made) => {
                *engine = Box::into_raw(Box::new(made));
                (zc_status::OK, zc_result::nothing())
            }
            Err(error) => (zc_status::from(&error), zc_result::failed(&error)),
        }
    };
    // SAFETY: the caller promises that `result` is NULL or live.
    unsafe { answer(result, body) }
}

/// Ends all relays at once, as `zc_relay_close` does, waits for the threads, and frees the engine.
///
/// It blocks until the callbacks have returned, of which there is one more for each relay; what they
/// start now is refused with `ZC_UNSUPPORTED`, or ends at once. Results that wait for
/// `zc_engine_completed` are lost: who needs them closes his relays and takes them first.
///
/// In a child after fork() it frees the memory that is the child's own, and waits for nothing. The
/// copies of the engine's descriptors, and those of the sockets, stay open there until exec, where
/// they were opened with O_CLOEXEC, or the end of the child; only then do their peers see an end.
///
/// @param engine what `zc_engine_new` gave, or NULL, which does nothing.
/// @return `ZC_OK`; `ZC_INVALID_ARGUMENT` where it is called by `on_relay_ended` of this engine, which
///         would wait for itself: nothing is done then, and the engine goes on.
///
/// # Safety
///
/// `engine` is NULL, or live and used by no other thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_engine_free(engine: *mut zc_engine) -> zc_status {
    // SAFETY: the caller promises that it is NULL or live.
    let Some(shared) = (unsafe { engine.as_ref() }) else { return zc_status::OK };
    guard::status_of(|| {
        if shared.engine.is_on_own_thread() {
            return zc_status::INVALID_ARGUMENT;
        }
        shared.engine.stop();
        // SAFETY: `zc_engine_new` has made it by `Box::into_raw`, the caller gives it up, and the
        // threads, whose callbacks may use it, are not there any more.
        drop(unsafe { Box::from_raw(engine) });
        zc_status::OK
    })
}

/// Starts a relay: what comes from `a_fd` goes to `b_fd`, and the other way, until both have ended.
///
/// It takes both descriptors when it returns `ZC_OK`, and neither else: from then on the engine alone
/// uses them, and closes them when the relay is over. They are put into non-blocking mode, for all who
/// have duplicates of them as well, and stay in it; those must neither read, write, nor change the
/// mode. SO_LINGER is switched off at the end where the program has set it, as close(2) would wait for
/// the peer, or set to 0 seconds for a reset. Does not block; the first bytes move on the thread of the
/// engine.
///
/// The end of a stream is passed on behind its last byte, and the other direction goes on. A reset is
/// passed on as a reset. When the relay is over, `on_relay_ended` is called or its result waits for
/// `zc_engine_completed`, once for each relay, and perhaps before this returns on another thread:
/// `user_data` tells which one it is. A relay that rests has two descriptors, no pipe, and less than
/// 4 KiB of memory.
///
/// @param engine   what `zc_engine_new` gave.
/// @param a_fd     a connected stream socket, TCP or UNIX.
/// @param b_fd     another one, of the same kind or not; not a duplicate of `a_fd`.
/// @param options  NULL for the default. Copied, the prefaces too. The time-outs begin now.
/// @param relay_id where the number of the relay goes, at least 1 and used once in the life of an
///                 engine. 0 goes there unless `ZC_OK` is returned. NULL where nobody wants it.
/// @param result   not NULL, `size` set: says what was wrong.
/// @return `ZC_OK`; `ZC_SYSTEM` with EBADF, ENOTSOCK, or ENOTCONN for a socket that listens or is not
///         connected yet; `ZC_UNSUPPORTED` for datagram sockets, where `mechanisms` leaves none that
///         serves, in a child after fork(), and by an engine that is being freed;
///         `ZC_INVALID_ARGUMENT`, also where both are the same descriptor; `ZC_NULL_ARGUMENT`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value; all but `engine` are used by nobody else during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_relay_start(
    engine: *mut zc_engine,
    a_fd: c_int,
    b_fd: c_int,
    options: *const zc_relay_options,
    relay_id: *mut u64,
    result: *mut zc_result,
) -> zc_status {
    // SAFETY: the caller promises that each is NULL or live.
    let (engine, mut relay_id) = unsafe { (engine.as_ref(), relay_id.as_mut()) };
    if let Some(relay_id) = &mut relay_id {
        **relay_id = 0;
    }
    let Some(engine) = engine else { return zc_status::NULL_ARGUMENT };
    let body = || {
        // SAFETY: the caller promises that the options are NULL or live, and what they point to.
        match unsafe { engine.start(a_fd, b_fd, options) } {
            Ok(id) => {
                if let Some(relay_id) = relay_id {
                    *relay_id = id;
                }
                (zc_status::OK, zc_result::nothing())
            }
            Err(error) => (zc_status::from(&error), zc_result::failed(&error)),
        }
    };
    // SAFETY: the caller promises that `result` is NULL or live.
    unsafe { answer(result, body) }
}

/// Ends a relay at once: both sockets are closed, and what was taken and not delivered is lost. A peer
/// that misses that, or bytes that had come and were not taken, sees a reset; one that has got
/// everything that was sent sees the end, and so does the peer of a UNIX socket, which has no reset. The
/// time-outs of `zc_relay_options` and `zc_engine_free` end a relay in the same way.
///
/// Does not block: the thread of the engine does it next, and the result comes like that of any relay,
/// with `ZC_RELAY_CLOSED` for what had not ended. One that is over already is left as it is.
///
/// @param engine   what `zc_engine_new` gave.
/// @param relay_id what `zc_relay_start` gave; the number of a relay that is over does nothing.
/// @return `ZC_OK`, `ZC_NULL_ARGUMENT`; `ZC_UNSUPPORTED` in a child after fork().
///
/// # Safety
///
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_relay_close(engine: *mut zc_engine, relay_id: u64) -> zc_status {
    // SAFETY: the caller promises that it is NULL or live.
    let Some(engine) = (unsafe { engine.as_ref() }) else { return zc_status::NULL_ARGUMENT };
    engine.status_of(|engine| {
        engine.close_relay(relay_id);
        zc_status::OK
    })
}

/// How many bytes a relay has delivered each way until now, those of the prefaces included. Each count
/// is exact; they are not of the same moment. Does not block.
///
/// @param engine   what `zc_engine_new` gave.
/// @param relay_id what `zc_relay_start` gave.
/// @param a_to_b   where the bytes that `b_fd` has accepted go. Not NULL.
/// @param b_to_a   where the bytes that `a_fd` has accepted go. Not NULL.
/// @return `ZC_OK`; `ZC_INVALID_ARGUMENT` where there is no such relay, or its result was taken or given
///         to `on_relay_ended`; `ZC_NULL_ARGUMENT`; `ZC_UNSUPPORTED` in a child after fork(). The counts
///         are 0 where it is not `ZC_OK`.
///
/// # Safety
///
/// Each pointer is NULL or points to a live value; all but `engine` are used by nobody else during the
/// call.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_relay_delivered(
    engine: *mut zc_engine,
    relay_id: u64,
    a_to_b: *mut u64,
    b_to_a: *mut u64,
) -> zc_status {
    if engine.is_null() || a_to_b.is_null() || b_to_a.is_null() {
        return zc_status::NULL_ARGUMENT;
    }
    // SAFETY: it is not NULL, and the caller promises that it is live.
    let engine = unsafe { &*engine };
    let mut counts = [0, 0];
    let status = engine.status_of(|engine| match engine.delivered(relay_id) {
        Some(delivered) => {
            counts = delivered;
            zc_status::OK
        }
        None => zc_status::INVALID_ARGUMENT,
    });
    // SAFETY: they are not NULL, and the caller promises that they may be written.
    unsafe {
        a_to_b.write(counts[0]);
        b_to_a.write(counts[1]);
    }
    status
}

/// What to wait for with poll(2) or epoll(7): it is readable while results wait for
/// `zc_engine_completed`. Nothing is to be read from it.
///
/// It is valid until `zc_engine_free`; not to be closed. With `on_relay_ended` it is never readable. -1
/// for NULL, and in a child after fork().
///
/// # Safety
///
/// `engine` is NULL or live.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_engine_fd(engine: *mut zc_engine) -> c_int {
    // SAFETY: the caller promises that it is NULL or live.
    let Some(engine) = (unsafe { engine.as_ref() }) else { return -1 };
    let mut number = -1;
    engine.status_of(|engine| {
        number = engine.completions().fd().number();
        zc_status::OK
    });
    number
}

/// Takes the results of relays that are over, the oldest first. Never blocks.
///
/// Each result is taken once, by whichever thread comes first. With `on_relay_ended` there are none.
///
/// @param engine    what `zc_engine_new` gave.
/// @param results   where they go. Not NULL, need not be initialized.
/// @param count_max how many have room there, at least 1. As many as that may mean that there are more.
/// @param count     where the number goes of those that were written. Not NULL.
/// @return `ZC_OK`, also where there are none; `ZC_NULL_ARGUMENT`; `ZC_UNSUPPORTED` in a child after
///         fork().
///
/// # Safety
///
/// `engine` is live, `results` has room and is used by nobody else, and `count` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zc_engine_completed(
    engine: *mut zc_engine,
    results: *mut zc_relay_result,
    count_max: usize,
    count: *mut usize,
) -> zc_status {
    // SAFETY: the caller promises that each is NULL or live.
    let (engine, count) = unsafe { (engine.as_ref(), count.as_mut()) };
    let (Some(engine), Some(count)) = (engine, count) else { return zc_status::NULL_ARGUMENT };
    *count = 0;
    if results.is_null() {
        return zc_status::NULL_ARGUMENT;
    }
    // SAFETY: the caller promises room for so many, which need not be initialized.
    let room: &mut [MaybeUninit<zc_relay_result>] =
        unsafe { std::slice::from_raw_parts_mut(results.cast(), count_max) };
    engine.status_of(|engine| {
        let taken = engine.completions().take(room.len());
        for (place, outcome) in room.iter_mut().zip(&taken) {
            place.write(zc_relay_result::of(outcome));
        }
        *count = taken.len();
        zc_status::OK
    })
}

impl zc_engine {
    fn of(options: &zc_engine_options) -> Result<zc_engine, Error> {
        let EngineSettings { threads, turn_bytes } = options.settings();
        let sink = match options.on_relay_ended {
            None => Sink::Queue,
            Some(call) => {
                let told = Told { call, context: options.relay_ended_context };
                Sink::Call(Box::new(move |outcome| told.tell(&outcome)))
            }
        };
        Ok(zc_engine { engine: RelayEngine::start(&PROCESS, threads, turn_bytes, sink)? })
    }

    /// # Safety
    ///
    /// The options are NULL or live, and what they point to as well.
    unsafe fn start(
        &self,
        a_fd: c_int,
        b_fd: c_int,
        options: *const zc_relay_options,
    ) -> Result<u64, Error> {
        let a = Fd::new(a_fd).ok_or(Error::InvalidArgument("a_fd is negative"))?;
        let b = Fd::new(b_fd).ok_or(Error::InvalidArgument("b_fd is negative"))?;
        // SAFETY: as the caller promises.
        let options = unsafe { zc_relay_options::read(options) }?;
        self.engine.relay([a, b], options)
    }

    /// Runs `body` unless this is a child after fork(2), where a lock may be held for ever.
    fn status_of(&self, body: impl FnOnce(&RelayEngine) -> zc_status) -> zc_status {
        guard::status_of(|| match self.engine.refuse_in_child() {
            Ok(()) => body(&self.engine),
            Err(error) => zc_status::from(&error),
        })
    }
}

/// A function of the caller's that is told of each relay that is over.
struct Told {
    call: unsafe extern "C" fn(*mut c_void, *const zc_relay_result),
    context: *mut c_void,
}

// SAFETY: nothing is done with the context but to pass it on, and the header says on which threads.
unsafe impl Send for Told {}
// SAFETY: as before; the header says that calls may come at the same time.
unsafe impl Sync for Told {}

impl Told {
    fn tell(&self, outcome: &Outcome) {
        let result = zc_relay_result::of(outcome);
        // SAFETY: the caller of the C face has passed both for just this, and the result lives longer.
        unsafe { (self.call)(self.context, &raw const result) };
    }
}
