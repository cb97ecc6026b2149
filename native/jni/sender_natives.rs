//! The natives of `io.zerocopy.internal.core.SenderNatives`, in the order of their
//! declaration there.
//!
//! A sender is known to Java by a number and lives in a table here, so a wrong or an old number is
//! an error and not a pointer to nowhere.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, RwLock};

use ::jni::objects::{JByteBuffer, JClass, JLongArray, JString};
use ::jni::strings::JNIStr;
use ::jni::sys::{jboolean, jint, jlong};
use ::jni::{Env, NativeMethod, jni_str, native_method};
use nix::errno::Errno;

use super::policy::{Failure, ThrowToJava, system_text};
use crate::error::Error;
use crate::kernel::readiness::Readiness;
use crate::kernel::zerocopy::{self, LinuxSocket, Pages, Region};
use crate::kernel::{Call, Fd};
use crate::sender::{Finished, Full, Outcome, Progress, Sender, Settings, Submission};

/// The class that declares the natives.
pub const CLASS: &JNIStr = jni_str!("io/zerocopy/internal/core/SenderNatives");

/// All natives, for registration.
pub const ALL: [NativeMethod; 17] = [
    OPEN, CLOSE, SUBMIT, ADVANCE, TAKE_ENDED, STATE, WITHDRAW, SHUT_DOWN, AWAIT, EVENTS, WATCH,
    WANT_ROOM, MAP, REPLACE, UNMAP, ADDRESS, ERROR_TEXT,
];

/// What one message takes in the array that `take_ended` fills.
const LONGS_PER_MESSAGE: usize = 5;

/// What `state` and `advance` fill.
const LONGS_OF_STATE: usize = 5;

type Shared = Arc<Mutex<Sender<LinuxSocket>>>;

static SENDERS: RwLock<BTreeMap<u64, Shared>> = RwLock::new(BTreeMap::new());
static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

const OPEN: NativeMethod = native_method! {
    static fn open(
        fd: jint,
        in_flight_bytes_max: jlong,
        threshold_bytes: jlong,
        zero_copy: jboolean,
        first_id: jint,
    ) -> jlong,
    fn = open,
    error_policy = ThrowToJava,
};

const CLOSE: NativeMethod = native_method! {
    static fn close(sender: jlong) -> jint,
    fn = close,
    error_policy = ThrowToJava,
};

const SUBMIT: NativeMethod = native_method! {
    static fn submit(
        sender: jlong,
        address: jlong,
        bytes: jlong,
        segment_bytes: jint,
        always: jboolean,
    ) -> jlong,
    fn = submit,
    error_policy = ThrowToJava,
};

const ADVANCE: NativeMethod = native_method! {
    static fn advance(sender: jlong, state: [jlong]) -> jint,
    fn = advance,
    error_policy = ThrowToJava,
};

const TAKE_ENDED: NativeMethod = native_method! {
    static fn take_ended(sender: jlong, messages: [jlong]) -> jint,
    fn = take_ended,
    error_policy = ThrowToJava,
};

const STATE: NativeMethod = native_method! {
    static fn state(sender: jlong, into: [jlong]) -> void,
    fn = state,
    error_policy = ThrowToJava,
};

const WITHDRAW: NativeMethod = native_method! {
    static fn withdraw(sender: jlong, also_in_flight: jboolean) -> void,
    fn = withdraw,
    error_policy = ThrowToJava,
};

const SHUT_DOWN: NativeMethod = native_method! {
    static fn shut_down(sender: jlong) -> void,
    fn = shut_down,
    error_policy = ThrowToJava,
};

const AWAIT: NativeMethod = native_method! {
    static fn await_completions(sender: jlong, timeout_ms: jint) -> void,
    fn = await_completions,
    error_policy = ThrowToJava,
};

const EVENTS: NativeMethod = native_method! {
    static fn await_events(timeout_ms: jint, senders: [jlong]) -> jint,
    fn = await_events,
    error_policy = ThrowToJava,
};

const WATCH: NativeMethod = native_method! {
    static fn watch(sender: jlong, watched: jboolean) -> void,
    fn = watch,
    error_policy = ThrowToJava,
};

const WANT_ROOM: NativeMethod = native_method! {
    static fn want_room(sender: jlong, wanted: jboolean) -> void,
    fn = want_room,
    error_policy = ThrowToJava,
};

const MAP: NativeMethod = native_method! {
    static fn map(bytes: jlong) -> java.nio.ByteBuffer,
    fn = map,
    error_policy = ThrowToJava,
};

const REPLACE: NativeMethod = native_method! {
    static fn replace(address: jlong, bytes: jlong) -> void,
    fn = replace,
    error_policy = ThrowToJava,
};

const UNMAP: NativeMethod = native_method! {
    static fn unmap(address: jlong, bytes: jlong) -> void,
    fn = unmap,
    error_policy = ThrowToJava,
};

const ADDRESS: NativeMethod = native_method! {
    static fn address(buffer: java.nio.ByteBuffer) -> jlong,
    fn = address,
    error_policy = ThrowToJava,
};

const ERROR_TEXT: NativeMethod = native_method! {
    static fn error_text(errno: jint) -> java.lang.String,
    fn = error_text,
    error_policy = ThrowToJava,
};

fn open<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    fd: jint,
    in_flight_bytes_max: jlong,
    threshold_bytes: jlong,
    zero_copy: jboolean,
    first_id: jint,
) -> Result<jlong, Failure> {
    let no_descriptor = Error::InvalidArgument("the channel has no descriptor");
    let fd = Fd::new(fd).ok_or(no_descriptor)?;
    let socket = LinuxSocket::duplicate(fd).map_err(|errno| failed(errno, Call::Dup))?;
    let is_stream = socket.is_stream().map_err(|errno| failed(errno, Call::Getsockopt))?;
    let settings = Settings {
        in_flight_bytes_max: count(in_flight_bytes_max),
        threshold_bytes: count(threshold_bytes),
        zero_copy,
        first_id: first_id as u32,
    };
    let number = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
    let added = readiness().and_then(|readiness| readiness.add(socket.fd(), number));
    added.map_err(|errno| failed(errno, Call::EpollCtl))?;
    let sender = Arc::new(Mutex::new(Sender::new(socket, is_stream, settings)));
    SENDERS.write().expect(NOT_POISONED).insert(number, sender);
    Ok(number as jlong)
}

fn close<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
) -> Result<jint, Failure> {
    let removed = SENDERS.write().expect(NOT_POISONED).remove(&(sender as u64));
    let removed = removed.ok_or_else(no_sender)?;
    let sender = lock(&removed);
    // Else it stays there: the socket has other descriptors, which keep it alive.
    let removed = readiness().and_then(|readiness| readiness.remove(sender.socket().fd()));
    removed.map_err(|errno| failed(errno, Call::EpollCtl))?;
    Ok(sender.next_id() as jint)
}

fn submit<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    address: jlong,
    bytes: jlong,
    segment_bytes: jint,
    always: jboolean,
) -> Result<jlong, Failure> {
    let sender = find(sender)?;
    let bytes = count(bytes);
    // SAFETY: Java holds on to the buffer until it is told of the completion; for pages of ours it
    // knows that too.
    let memory = unsafe { Region::new(address as *const u8, bytes) };
    let segment_bytes = u16::try_from(segment_bytes).expect("Java has checked the segment size");
    let segment_bytes = (segment_bytes > 0).then_some(segment_bytes);
    let submission = Submission { memory, bytes, segment_bytes };
    if always {
        return Ok(lock(&sender).submit_always(submission) as jlong);
    }
    Ok(lock(&sender).submit(submission).map_or_else(|Full| 0, |number| number as jlong))
}

fn advance<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    into: JLongArray<'local>,
) -> Result<jint, Failure> {
    let sender = find(sender)?;
    let (progress, longs) = {
        let mut sender = lock(&sender);
        // First, as completions make room. Where the queue can't be read, the sender copies from
        // now on, and what is in flight ends when it is closed: there is nobody to tell.
        let _ = sender.reap();
        (sender.advance(), state_of(&sender))
    };
    into.set_region(env, 0, &longs)?;
    Ok(match progress {
        Progress::Idle => 0,
        Progress::WaitForRoom => 1,
        Progress::WaitForCompletions => 2,
    })
}

fn take_ended<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    messages: JLongArray<'local>,
) -> Result<jint, Failure> {
    let sender = find(sender)?;
    let mut longs = Vec::new();
    {
        let mut sender = lock(&sender);
        if !sender.has_finished() {
            return Ok(0);
        }
        let room = messages.len(env)? / LONGS_PER_MESSAGE;
        while longs.len() < room * LONGS_PER_MESSAGE {
            let Some(finished) = sender.next_finished() else { break };
            longs.extend(as_longs(&finished));
        }
    }
    messages.set_region(env, 0, &longs)?;
    Ok((longs.len() / LONGS_PER_MESSAGE) as jint)
}

fn state<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    into: JLongArray<'local>,
) -> Result<(), Failure> {
    let longs = state_of(&lock(&find(sender)?));
    into.set_region(env, 0, &longs)?;
    Ok(())
}

fn withdraw<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    also_in_flight: jboolean,
) -> Result<(), Failure> {
    let sender = find(sender)?;
    if also_in_flight {
        lock(&sender).abandon();
    } else {
        lock(&sender).withdraw();
    }
    Ok(())
}

fn shut_down<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
) -> Result<(), Failure> {
    let shut_down = lock(&find(sender)?).shut_down_output();
    Ok(shut_down.map_err(|errno| failed(errno, Call::Shutdown))?)
}

fn await_completions<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    timeout_ms: jint,
) -> Result<(), Failure> {
    // One that was closed has nothing to wait for; one that is closed lives as long as this waits.
    let Ok(sender) = find(sender) else { return Ok(()) };
    let fd = lock(&sender).socket().fd();
    match zerocopy::wait(fd, false, timeout_ms) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(errno) => Err(failed(errno, Call::Poll))?,
    }
}

fn await_events<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    timeout_ms: jint,
    senders: JLongArray<'local>,
) -> Result<jint, Failure> {
    let timeout_ms = u16::try_from(timeout_ms).expect("Java waits for a short time only");
    let changed = match readiness().and_then(|readiness| readiness.wait(timeout_ms)) {
        Err(Errno::EINTR) => Vec::new(),
        changed => changed.map_err(|errno| failed(errno, Call::EpollWait))?,
    };
    let room = senders.len(env)?;
    assert!(changed.len() <= room, "Java has room for all events of one wait");
    let longs: Vec<jlong> = changed.into_iter().map(|number| number as jlong).collect();
    senders.set_region(env, 0, &longs)?;
    Ok(longs.len() as jint)
}

fn watch<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    watched: jboolean,
) -> Result<(), Failure> {
    let shared = find(sender)?;
    let fd = lock(&shared).socket().fd();
    let set =
        readiness().and_then(|it| if watched { it.add(fd, sender as u64) } else { it.remove(fd) });
    Ok(set.map_err(|errno| failed(errno, Call::EpollCtl))?)
}

fn want_room<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    sender: jlong,
    wanted: jboolean,
) -> Result<(), Failure> {
    let shared = find(sender)?;
    let guard = lock(&shared);
    let fd = guard.socket().fd();
    let set = readiness().and_then(|it| it.set_room_wanted(fd, sender as u64, wanted));
    Ok(set.map_err(|errno| failed(errno, Call::EpollCtl))?)
}

fn map<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    bytes: jlong,
) -> Result<JByteBuffer<'local>, Failure> {
    let pages = Pages::map(count(bytes)).map_err(|errno| failed(errno, Call::Mmap))?;
    let (address, bytes) = pages.release();
    // SAFETY: the pages are mapped until Java calls `unmap`, which it does when the buffer and all
    // of its views are unreachable.
    Ok(unsafe { env.new_direct_byte_buffer(address.cast(), bytes) }?)
}

fn replace<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    address: jlong,
    bytes: jlong,
) -> Result<(), Failure> {
    // SAFETY: Java has these from `map`, and they are mapped until `unmap`.
    let mut pages = unsafe { Pages::take_over(address as *mut _, count(bytes)) };
    let replaced = pages.replace();
    pages.release();
    Ok(replaced.map_err(|errno| failed(errno, Call::Mmap))?)
}

fn unmap<'local>(
    _env: &mut Env<'local>,
    _class: JClass<'local>,
    address: jlong,
    bytes: jlong,
) -> Result<(), Failure> {
    // SAFETY: Java has these from `map` and calls this once, when nothing refers to them any more.
    drop(unsafe { Pages::take_over(address as *mut _, count(bytes)) });
    Ok(())
}

fn address<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    buffer: JByteBuffer<'local>,
) -> Result<jlong, Failure> {
    Ok(env.get_direct_buffer_address(&buffer)? as jlong)
}

fn error_text<'local>(
    env: &mut Env<'local>,
    _class: JClass<'local>,
    errno: jint,
) -> Result<JString<'local>, Failure> {
    Ok(env.new_string(system_text(errno))?)
}

const NOT_POISONED: &str = "nothing panics while it holds the table of senders";

/// One for the process, as long as it lives: the thread that waits comes and goes.
fn readiness() -> Result<&'static Readiness, Errno> {
    static READINESS: OnceLock<Readiness> = OnceLock::new();
    if let Some(made) = READINESS.get() {
        return Ok(made);
    }
    let made = Readiness::new()?;
    // Of two at once one wins, and the other is closed.
    Ok(READINESS.get_or_init(|| made))
}

fn find(number: jlong) -> Result<Shared, Failure> {
    let senders = SENDERS.read().expect(NOT_POISONED);
    senders.get(&(number as u64)).cloned().ok_or_else(no_sender)
}

fn no_sender() -> Failure {
    Failure::Core(Error::InvalidArgument("there is no sender of this number"))
}

fn lock(sender: &Shared) -> MutexGuard<'_, Sender<LinuxSocket>> {
    sender.lock().expect("a sender in which there was a panic is not used again")
}

fn failed(errno: Errno, call: Call) -> Error {
    Error::System { errno, call, mechanism: None }
}

fn count(bytes: jlong) -> usize {
    usize::try_from(bytes).expect("Java has checked that the count is not negative")
}

fn state_of(sender: &Sender<LinuxSocket>) -> [jlong; LONGS_OF_STATE] {
    [
        sender.bytes_in_flight() as jlong,
        sender.bytes_unsent() as jlong,
        sender.unsent() as jlong,
        jlong::from(sender.is_copying()),
        sender.refusal().map_or(0, |errno| errno as jlong),
    ]
}

fn as_longs(finished: &Finished<Region>) -> [jlong; LONGS_PER_MESSAGE] {
    let outcome = match finished.outcome {
        Outcome::Sent => 0,
        Outcome::Failed(errno) => errno as jlong,
        Outcome::Withdrawn => -1,
        Outcome::Abandoned => -2,
    };
    [
        finished.number as jlong,
        finished.bytes as jlong,
        finished.zero_copy_bytes as jlong,
        jlong::from(finished.causes.bits()),
        outcome,
    ]
}
