//! The natives of `io.zerocopy.internal.core.RelayNatives`, in the order of their declaration there.
//!
//! An engine is known to Java by a number and lives in a table here, so a wrong or an old number is
//! an error and not a pointer to nowhere. No thread of an engine is ever attached to the virtual
//! machine: Java asks for what has come.

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use ::jni::objects::{JByteArray, JClass, JLongArray, JObject, JObjectArray};
use ::jni::strings::JNIStr;
use ::jni::sys::{jboolean, jint, jlong};
use ::jni::{Env, NativeMethod, jni_str, native_method};

use super::natives::descriptor;
use super::policy::{Failure, ThrowToJava, exception_of};
use crate::driver::PROCESS;
use crate::driver::relay_engine::{
    Books, FlowEnd, Outcome, RelayEngine, RelayOptions, Sink, TURN_BYTES,
};
use crate::error::Error;
use crate::kernel::{Call, Kernel, Linux, socket};
use crate::mechanism::MechanismSet;

/// The class that declares the natives.
pub const CLASS: &JNIStr = jni_str!("io/zerocopy/internal/core/RelayNatives");

/// All natives, for registration.
pub const ALL: [NativeMethod; 10] =
    [OPEN, DUPLICATE, CLOSE_DESCRIPTOR, RELAY, CLOSE_RELAY, DELIVERED, AWAIT, TAKE, STOP, FREE];

/// How many fallbacks of one direction are told: there are no more. Only what may pass leaves a
/// mechanism to be tried again, for one of five causes, and then there is one that does not pass.
const FALLBACKS_MAX: usize = 8;

/// An exception, its class, and two strings.
const LOCALS_OF_A_FAILURE: usize = 4;

/// `RelayNatives.LONGS_PER_FLOW`.
const LONGS_PER_FLOW: usize = 6 + FALLBACKS_MAX;

/// `RelayNatives.LONGS_PER_RELAY`.
const LONGS_PER_RELAY: usize = 2 + 2 * LONGS_PER_FLOW;

static ENGINES: RwLock<BTreeMap<u64, Arc<RelayEngine>>> = RwLock::new(BTreeMap::new());
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

const OPEN: NativeMethod = native_method! {
    static fn open(threads: jint) -> jlong,
    fn = open,
    error_policy = ThrowToJava,
};

const DUPLICATE: NativeMethod = native_method! {
    static fn duplicate(fd: jint) -> jint,
    fn = duplicate,
    error_policy = ThrowToJava,
};

const CLOSE_DESCRIPTOR: NativeMethod = native_method! {
    static fn close_descriptor(fd: jint) -> void,
    fn = close_descriptor,
    error_policy = ThrowToJava,
};

const RELAY: NativeMethod = native_method! {
    static fn relay(
        engine: jlong,
        fd_a: jint,
        fd_b: jint,
        was_connected: jboolean,
        tag: jlong,
        preface_to_b: [jbyte],
        preface_to_a: [jbyte],
        idle_nanos: jlong,
        lasts_nanos: jlong,
        bytes_per_second: jlong,
        allowed: jint,
    ) -> jlong,
    fn = relay,
    error_policy = ThrowToJava,
};

const CLOSE_RELAY: NativeMethod = native_method! {
    static fn close_relay(engine: jlong, relay: jlong) -> void,
    fn = close_relay,
    error_policy = ThrowToJava,
};

const DELIVERED: NativeMethod = native_method! {
    static fn delivered(engine: jlong, relay: jlong, way: jint) -> jlong,
    fn = delivered,
    error_policy = ThrowToJava,
};

const AWAIT: NativeMethod = native_method! {
    static fn await_completed(engine: jlong, timeout_ms: jint) -> void,
    fn = await_completed,
    error_policy = ThrowToJava,
};

const TAKE: NativeMethod = native_method! {
    static fn take_completed(
        engine: jlong,
        relays: [jlong],
        failures: [java.lang.Object],
    ) -> jint,
    fn = take_completed,
    error_policy = ThrowToJava,
};

const STOP: NativeMethod = native_method! {
    static fn stop(engine: jlong) -> void,
    fn = stop,
    error_policy = ThrowToJava,
};

const FREE: NativeMethod = native_method! {
    static fn free(engine: jlong) -> void,
    fn = free,
    error_policy = ThrowToJava,
};

/// Stops all engines, for when the library is unloaded.
pub fn stop_all() {
    let engines = std::mem::take(&mut *engines_to_change());
    for engine in engines.values() {
        engine.stop();
    }
}

fn open<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    threads: jint,
) -> Result<jlong, Failure> {
    let threads = usize::try_from(threads).expect("Java has checked the count of threads");
    let engine = RelayEngine::start(&PROCESS, threads, TURN_BYTES, Sink::Queue)?;
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    engines_to_change().insert(number, Arc::new(engine));
    Ok(number as jlong)
}

fn duplicate<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    fd: jint,
) -> Result<jint, Failure> {
    let duplicate = socket::duplicate(descriptor(fd)?);
    Ok(duplicate.map_err(|errno| Error::looking(errno, Call::Dup))?.number())
}

fn close_descriptor<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    fd: jint,
) -> Result<(), Failure> {
    Linux.close(descriptor(fd)?);
    Ok(())
}

#[allow(clippy::too_many_arguments)]
fn relay<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
    fd_a: jint,
    fd_b: jint,
    was_connected: jboolean,
    tag: jlong,
    preface_to_b: JByteArray<'local>,
    preface_to_a: JByteArray<'local>,
    idle_nanos: jlong,
    lasts_nanos: jlong,
    bytes_per_second: jlong,
    allowed: jint,
) -> Result<jlong, Failure> {
    let engine = find(engine)?;
    let sockets = [descriptor(fd_a)?, descriptor(fd_b)?];
    let options = RelayOptions {
        prefaces: [
            env.convert_byte_array(preface_to_b)?.into_boxed_slice(),
            env.convert_byte_array(preface_to_a)?.into_boxed_slice(),
        ],
        idle_timeout: limit(idle_nanos).map(|it| Duration::from_nanos(it.get())),
        timeout: limit(lasts_nanos).map(|it| Duration::from_nanos(it.get())),
        bytes_per_second: limit(bytes_per_second),
        allowed: MechanismSet::from_bits(allowed as u32),
        tag: tag as u64,
    };
    let started = match was_connected {
        true => engine.relay_connected(sockets, options),
        false => engine.relay(sockets, options),
    };
    Ok(started? as jlong)
}

fn close_relay<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
    relay: jlong,
) -> Result<(), Failure> {
    find(engine)?.close_relay(relay as u64);
    Ok(())
}

fn delivered<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
    relay: jlong,
    way: jint,
) -> Result<jlong, Failure> {
    let delivered = find(engine)?.delivered(relay as u64);
    Ok(delivered.map_or(-1, |bytes| bytes[way as usize] as jlong))
}

fn await_completed<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
    timeout_ms: jint,
) -> Result<(), Failure> {
    let timeout_ms = u16::try_from(timeout_ms).expect("Java waits for a short time only");
    let waited = find(engine)?.completions().wait(timeout_ms);
    Ok(waited.map_err(|errno| Error::looking(errno, Call::Poll))?)
}

fn take_completed<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
    relays: JLongArray<'local>,
    failures: JObjectArray<'local, JObject<'local>>,
) -> Result<jint, Failure> {
    let engine = find(engine)?;
    let room = relays.len(env)? / LONGS_PER_RELAY;
    assert!(failures.len(env)? >= 2 * room, "each direction may have failed");
    let outcomes = engine.completions().take(room);
    let longs: Vec<jlong> = outcomes.iter().flat_map(as_longs).collect();
    relays.set_region(env, 0, &longs)?;
    let ends = outcomes.iter().flat_map(|outcome| outcome.ends);
    for (index, end) in ends.enumerate() {
        if let FlowEnd::SourceFailed(error) | FlowEnd::TargetFailed(error) = end {
            let put = env.with_local_frame(LOCALS_OF_A_FAILURE, |env| {
                let exception = exception_of(env, &error)?;
                failures.set_element(env, index, &exception)
            });
            // Without memory for the exception the end is told without one: it is told but once.
            put.unwrap_or_else(|_| env.exception_clear());
        }
    }
    Ok(outcomes.len() as jint)
}

fn stop<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
) -> Result<(), Failure> {
    let engine = find(engine)?;
    engine.stop();
    // Whoever waits for completions looks whether there will be any.
    engine.completions().wake();
    Ok(())
}

fn free<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    engine: jlong,
) -> Result<(), Failure> {
    let removed = engines_to_change().remove(&(engine as u64));
    // Dropped here, where the table is not locked.
    drop(removed.ok_or_else(no_engine)?);
    Ok(())
}

fn find(number: jlong) -> Result<Arc<RelayEngine>, Failure> {
    engines().get(&(number as u64)).cloned().ok_or_else(no_engine)
}

fn no_engine() -> Failure {
    Failure::Core(Error::InvalidArgument("there is no engine of this number"))
}

fn engines() -> RwLockReadGuard<'static, BTreeMap<u64, Arc<RelayEngine>>> {
    ENGINES.read().unwrap_or_else(PoisonError::into_inner)
}

fn engines_to_change() -> RwLockWriteGuard<'static, BTreeMap<u64, Arc<RelayEngine>>> {
    ENGINES.write().unwrap_or_else(PoisonError::into_inner)
}

/// `Request.NO_LIMIT` is 0.
fn limit(value: jlong) -> Option<NonZeroU64> {
    let value = u64::try_from(value).expect("Java has checked that no limit is negative");
    NonZeroU64::new(value)
}

fn as_longs(outcome: &Outcome) -> impl Iterator<Item = jlong> + use<> {
    let mut longs = [0; LONGS_PER_RELAY];
    longs[0] = outcome.tag as jlong;
    longs[1] = outcome.elapsed_ns as jlong;
    for way in [0, 1] {
        let begin = 2 + way * LONGS_PER_FLOW;
        let flow = &mut longs[begin..begin + LONGS_PER_FLOW];
        put_flow(flow, &outcome.books[way], outcome.ends[way]);
    }
    longs.into_iter()
}

fn put_flow(longs: &mut [jlong], books: &Books, end: FlowEnd) {
    longs[0] = books.delivered as jlong;
    longs[1] = books.consumed as jlong;
    longs[2] = books.copied as jlong;
    longs[3] = jlong::from(books.mechanisms.bits());
    // The order is that of `RelayEnd` in Java.
    longs[4] = match end {
        FlowEnd::Ended => 0,
        FlowEnd::SourceFailed(_) => 1,
        FlowEnd::TargetFailed(_) => 2,
        FlowEnd::IdleTimedOut => 3,
        FlowEnd::TimedOut => 4,
        FlowEnd::Closed => 5,
    };
    longs[5] = books.fallbacks.len().min(FALLBACKS_MAX) as jlong;
    for (long, fallback) in longs[6..].iter_mut().zip(&books.fallbacks) {
        *long = (fallback.mechanism as jlong) << 32 | fallback.errno as jlong;
    }
}
