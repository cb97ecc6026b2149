//! The natives of `io.zerocopy.internal.core.TransferNatives`, in the order of their declaration
//! there: a transfer that is kept between its steps, behind a handle.
//!
//! # Safety
//!
//! A handle is the address of a [`JavaPump`] that `open` has leaked to Java. The class `Pump` over
//! there is the only one that has it. It uses it under a lock, frees it once, and forgets it before,
//! so that here it always points to a live pump that nobody else uses.
//!
//! A panic leaves the pump as it was when it came, which is memory-safe: the only thing that Java
//! does with it afterwards is to free it.

use std::num::NonZeroU64;
use std::time::Duration;

use ::jni::objects::{JByteArray, JByteBuffer, JClass, JLongArray, JString};
use ::jni::strings::JNIStr;
use ::jni::sys::{jboolean, jint, jlong};
use ::jni::{Env, NativeMethod, jni_str, native_method};

use super::natives::descriptor;
use super::packed;
use super::policy::{Failure, ThrowToJava};
use crate::driver::stepped::Report;
use crate::driver::{DirectIo, Options, PROCESS, Pump, Request};
use crate::error::Error;
use crate::kernel::{Call, FileKind, Kernel, Linux};
use crate::mechanism::{MechanismSet, Patience, SourceKind, TargetKind};

/// The class that declares the natives.
pub const CLASS: &JNIStr = jni_str!("io/zerocopy/internal/core/TransferNatives");

/// All natives, for registration.
pub const ALL: [NativeMethod; 11] = [
    IS_REGULAR_FILE,
    OPEN,
    RESUME,
    STEP,
    SETTLE,
    ACCOUNT,
    SHORTEN_SEND_TIMEOUT,
    RESTORE_SEND_TIMEOUT,
    DRAIN_UNDELIVERED,
    PLAN,
    FREE,
];

/// What an absent offset, limit or time-out is in a long.
const NONE: jlong = -1;

/// `TransferNatives.ACCOUNT_LONGS`: the books, then a long for each fallback of a plan.
const ACCOUNT_LONGS: usize = 10;

type JavaPump = Pump<Linux>;

const IS_REGULAR_FILE: NativeMethod = native_method! {
    static fn is_regular_file(fd: jint) -> jboolean,
    fn = is_regular_file,
    error_policy = ThrowToJava,
};

const OPEN: NativeMethod = native_method! {
    static fn open(
        source_fd: jint,
        source_kind: jint,
        source_offset: jlong,
        target_fd: jint,
        target_kind: jint,
        target_offset: jlong,
        count: jlong,
        allowed: jint,
        may_sleep: jboolean,
        is_stable: jboolean,
        direct_io_above: jlong,
        chunk_bytes: jlong,
        bytes_per_second: jlong,
        header: [jbyte],
        trailer: [jbyte],
    ) -> jlong,
    fn = open,
    error_policy = ThrowToJava,
};

const RESUME: NativeMethod = native_method! {
    static fn resume(handle: jlong, may_sleep: jboolean) -> void,
    fn = resume,
    error_policy = ThrowToJava,
};

const STEP: NativeMethod = native_method! {
    static fn step(handle: jlong, budget: jlong) -> jlong,
    fn = step,
    error_policy = ThrowToJava,
};

const SETTLE: NativeMethod = native_method! {
    static fn settle(handle: jlong) -> void,
    fn = settle,
    error_policy = ThrowToJava,
};

const ACCOUNT: NativeMethod = native_method! {
    static fn account(handle: jlong, into: [jlong]) -> void,
    fn = account,
    error_policy = ThrowToJava,
};

const SHORTEN_SEND_TIMEOUT: NativeMethod = native_method! {
    static fn shorten_send_timeout(handle: jlong, most_nanos: jlong) -> jlong,
    fn = shorten_send_timeout,
    error_policy = ThrowToJava,
};

const RESTORE_SEND_TIMEOUT: NativeMethod = native_method! {
    static fn restore_send_timeout(handle: jlong, before_micros: jlong) -> void,
    fn = restore_send_timeout,
    error_policy = ThrowToJava,
};

const DRAIN_UNDELIVERED: NativeMethod = native_method! {
    static fn drain_undelivered(
        handle: jlong,
        into: java.nio.ByteBuffer,
        position: jint,
        limit: jint,
    ) -> jint,
    fn = drain_undelivered,
    error_policy = ThrowToJava,
};

const PLAN: NativeMethod = native_method! {
    static fn plan(handle: jlong) -> java.lang.String,
    fn = plan,
    error_policy = ThrowToJava,
};

const FREE: NativeMethod = native_method! {
    static fn free(handle: jlong) -> void,
    fn = free,
    error_policy = ThrowToJava,
};

fn is_regular_file<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    fd: jint,
) -> Result<jboolean, Failure> {
    let status = Linux.file_status(descriptor(fd)?);
    let status = status.map_err(|errno| Error::looking(errno, Call::Fstat))?;
    Ok(status.kind == FileKind::Regular)
}

#[allow(clippy::too_many_arguments)]
fn open<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    source_fd: jint,
    source_kind: jint,
    source_offset: jlong,
    target_fd: jint,
    target_kind: jint,
    target_offset: jlong,
    count: jlong,
    allowed: jint,
    may_sleep: jboolean,
    is_stable: jboolean,
    direct_io_above: jlong,
    chunk_bytes: jlong,
    bytes_per_second: jlong,
    header: JByteArray<'local>,
    trailer: JByteArray<'local>,
) -> Result<jlong, Failure> {
    let target = descriptor(target_fd)?;
    let request = Request {
        source_kind: Some(source_kind_of(source_kind)),
        source_offset: optional(source_offset),
        target_kind: target_kind_of(target_kind),
        target_offset: optional(target_offset),
        count: wanted(count),
        allowed: MechanismSet::from_bits(allowed as u32),
        options: Options {
            patience: patience(may_sleep),
            is_stable,
            direct_io: direct_io(direct_io_above),
            header: bytes(env, &header)?,
            trailer: bytes(env, &trailer)?,
            chunk_bytes: optional(chunk_bytes).and_then(NonZeroU64::new),
            bytes_per_second: optional(bytes_per_second).and_then(NonZeroU64::new),
        },
        ..Request::new(descriptor(source_fd)?, target)
    };
    let pump: Box<JavaPump> = Box::new(Pump::new(Linux, &PROCESS, &request)?);
    Ok(Box::into_raw(pump) as jlong)
}

fn resume<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
    may_sleep: jboolean,
) -> Result<(), Failure> {
    Ok(pump(&mut handle).resume(patience(may_sleep))?)
}

fn step<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
    budget: jlong,
) -> Result<jlong, Failure> {
    let pump = pump(&mut handle);
    let budget = u64::try_from(budget).expect("Java asks for a budget above 0");
    let step = pump.step(budget)?;
    Ok(packed::pack(&Report { step, mechanism: pump.mechanism(), fallback: None }))
}

fn settle<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
) -> Result<(), Failure> {
    pump(&mut handle).settle();
    Ok(())
}

/// Writes delivered, consumed, undelivered, mechanism bits, system calls, count of fallbacks, and of
/// each of them the number of the mechanism above its errno.
fn account<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
    into: JLongArray<'local>,
) -> Result<(), Failure> {
    let pump = pump(&mut handle);
    let account = pump.account();
    let mut longs = [0; ACCOUNT_LONGS];
    longs[0] = account.delivered as jlong;
    longs[1] = account.consumed as jlong;
    longs[2] = pump.undelivered_bytes() as jlong;
    longs[3] = jlong::from(account.mechanisms.bits());
    longs[4] = account.system_calls as jlong;
    longs[5] = account.fallbacks.len() as jlong;
    for (long, fallback) in longs[6..].iter_mut().zip(&account.fallbacks) {
        *long = (fallback.mechanism as jlong) << 32 | fallback.errno as jlong;
    }
    Ok(into.set_region(env, 0, &longs)?)
}

fn shorten_send_timeout<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
    most_nanos: jlong,
) -> Result<jlong, Failure> {
    let most = Duration::from_nanos(wanted(most_nanos));
    let before = pump(&mut handle).shorten_send_timeout(most)?;
    Ok(before.map_or(NONE, |before| jlong::try_from(before.as_micros()).unwrap_or(jlong::MAX)))
}

fn restore_send_timeout<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
    before_micros: jlong,
) -> Result<(), Failure> {
    let before = Duration::from_micros(wanted(before_micros));
    Ok(pump(&mut handle).restore_send_timeout(before)?)
}

fn drain_undelivered<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
    into: JByteBuffer<'local>,
    position: jint,
    limit: jint,
) -> Result<jint, Failure> {
    let address = env.get_direct_buffer_address(&into)?;
    let capacity = env.get_direct_buffer_capacity(&into)?;
    let begin = usize::try_from(position).expect("a position is not negative");
    let end = usize::try_from(limit).expect("a limit is not negative");
    assert!(begin <= end && end <= capacity, "{begin} to {end} of {capacity} bytes");
    // SAFETY: the JVM says that so many bytes belong to the buffer, which the local reference `into`
    // keeps alive, and zero-filled or written memory is initialized. Java writes to it only here.
    let memory = unsafe { std::slice::from_raw_parts_mut(address.add(begin), end - begin) };
    let drained = pump(&mut handle).drain_undelivered(memory)?;
    Ok(jint::try_from(drained).expect("no more than the buffer takes"))
}

fn plan<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    mut handle: jlong,
) -> Result<JString<'local>, Failure> {
    let text = pump(&mut handle).plan().to_string();
    Ok(env.new_string(text)?)
}

fn free<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    handle: jlong,
) -> Result<(), Failure> {
    assert!(handle != 0, "a pump that was never made");
    // SAFETY: see the top of the file. Java has forgotten the handle, so this is its last use.
    drop(unsafe { Box::from_raw(handle as *mut JavaPump) });
    Ok(())
}

/// The pump behind a handle, for as long as the call that got the handle lasts.
fn pump(handle: &mut jlong) -> &mut JavaPump {
    assert!(*handle != 0, "a pump that was freed or never made");
    // SAFETY: see the top of the file. The borrow ends with that of the argument of the native.
    unsafe { &mut *(*handle as *mut JavaPump) }
}

fn source_kind_of(kind: jint) -> SourceKind {
    match kind {
        0 => SourceKind::File,
        1 => SourceKind::Stream,
        2 => SourceKind::Pipe,
        unknown => panic!("source kind {unknown} is not one that TransferNatives.java has"),
    }
}

/// `None` for a UNIX stream: the plan depends on the size of its send buffer, which is looked at.
fn target_kind_of(kind: jint) -> Option<TargetKind> {
    match kind {
        0 => Some(TargetKind::TcpStream),
        1 => None,
        2 => Some(TargetKind::Pipe),
        3 => Some(TargetKind::File),
        4 => Some(TargetKind::AppendedFile),
        unknown => panic!("target kind {unknown} is not one that TransferNatives.java has"),
    }
}

fn patience(may_sleep: jboolean) -> Patience {
    if may_sleep { Patience::Sleep } else { Patience::Return }
}

/// -1 stands for the choice of the core, -2 for never.
fn direct_io(above: jlong) -> DirectIo {
    match above {
        NONE => DirectIo::Auto,
        -2 => DirectIo::Never,
        bytes => DirectIo::Above(wanted(bytes)),
    }
}

fn optional(value: jlong) -> Option<u64> {
    (value != NONE).then(|| wanted(value))
}

/// [`jlong::MAX`] stands for everything.
fn wanted(value: jlong) -> u64 {
    let value = u64::try_from(value).expect("Java has checked that it is not negative");
    if value == jlong::MAX as u64 { u64::MAX } else { value }
}

/// The bytes of an array; none where there is no array.
fn bytes(env: &mut Env, array: &JByteArray) -> Result<Box<[u8]>, Failure> {
    if array.is_null() {
        return Ok(Box::default());
    }
    Ok(env.convert_byte_array(array)?.into_boxed_slice())
}
