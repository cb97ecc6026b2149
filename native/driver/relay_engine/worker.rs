//! One thread of an engine: waits for events, and lets its relays take their turns.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use nix::errno::Errno;

use super::completions::Completions;
use super::flow::FlowEnd;
use super::relay::Relay;
use super::relays::{Finished, Relays, Token};
use crate::error::Error;
use crate::kernel::events::{Alarm, Edge, Events};
use crate::kernel::{Call, Kernel, Linux};
use crate::transfer::Process;

/// The name of the alarm among events. No token has it: it would be that of the last place of 2^32.
const ALARM: u64 = u64::MAX;

/// What the relays of a thread are told that has panicked.
const BROKEN: Error = Error::Unsupported("a defect of zerocopy-nio has stopped the relay's thread");

/// What a thread of an engine is told to do.
#[derive(Debug)]
pub enum Command {
    /// Take this relay in.
    Add(Box<Relay<Linux>>),
    /// End the relay with this number.
    Close(u64),
    /// End all relays, and then yourself.
    Stop,
}

/// What others know of a thread of an engine.
#[derive(Debug)]
pub struct Mailbox {
    commands: Mutex<Commands>,
    alarm: Alarm,
    relay_count: AtomicUsize,
}

#[derive(Debug, Default)]
struct Commands {
    waiting: Vec<Command>,
    /// Nothing is taken behind the command to stop: who starts a relay whenever one ends would keep the
    /// thread for ever. Nor by a thread that has panicked.
    is_closed: bool,
}

impl Mailbox {
    /// An empty mailbox.
    pub fn new() -> Result<Mailbox, Errno> {
        let (alarm, relay_count) = (Alarm::new()?, AtomicUsize::new(0));
        Ok(Mailbox { commands: Mutex::default(), alarm, relay_count })
    }

    /// Leaves a command, which the thread carries out before its next turns. `false` where the thread
    /// was told to stop.
    pub fn put(&self, command: Command) -> bool {
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        if commands.is_closed {
            return false;
        }
        match &command {
            Command::Add(_) => _ = self.relay_count.fetch_add(1, Ordering::Relaxed),
            Command::Close(_) => {}
            Command::Stop => commands.is_closed = true,
        }
        commands.waiting.push(command);
        // One alarm is enough for all of them.
        if commands.waiting.len() == 1 {
            self.alarm.ring();
        }
        true
    }

    /// How many relays the thread has, those on their way to it included.
    pub fn relay_count(&self) -> usize {
        self.relay_count.load(Ordering::Relaxed)
    }

    fn take(&self) -> Vec<Command> {
        self.alarm.silence();
        let mut commands = self.commands.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut commands.waiting)
    }

    /// Takes the last commands, behind which none is left any more.
    fn close(&self) -> Vec<Command> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).is_closed = true;
        // Nobody prefers a thread that is gone to one that lives.
        self.relay_count.store(usize::MAX, Ordering::Relaxed);
        self.take()
    }
}

/// What the thread of an engine works with.
#[derive(Debug)]
pub struct Worker {
    process: &'static Process,
    events: Events,
    mailbox: Arc<Mailbox>,
    completions: Arc<Completions>,
    relays: Relays<Linux>,
    /// Those that are over, and whose outcomes were not told yet.
    finished: Vec<Finished<Linux>>,
    is_stopping: bool,
}

impl Worker {
    /// A thread's work, to be done by [`Worker::run`].
    pub fn new(
        process: &'static Process,
        mailbox: Arc<Mailbox>,
        completions: Arc<Completions>,
        turn_bytes: u64,
    ) -> Result<Worker, Error> {
        let events = Events::new().map_err(|errno| Error::looking(errno, Call::EpollCreate))?;
        let added = events.add_alarm(&mailbox.alarm, ALARM);
        added.map_err(|errno| Error::looking(errno, Call::EpollCtl))?;
        let relays = Relays::new(turn_bytes);
        let (finished, is_stopping) = (Vec::new(), false);
        Ok(Worker { process, events, mailbox, completions, relays, finished, is_stopping })
    }

    /// Works until it is told to stop. Where a panic stops it, each of its relays is ended by a failure
    /// and told of, or those who wait for them would wait for ever.
    pub fn run(mut self) {
        if catch_unwind(AssertUnwindSafe(|| self.work())).is_ok() {
            return;
        }
        // Ends: each panic costs one of the relays that are left.
        while catch_unwind(AssertUnwindSafe(|| self.give_up())).is_err() {}
    }

    fn work(&mut self) {
        // Ends: with the command to stop, which is the last one, after which the next round ends all
        // relays.
        while !(self.is_stopping && self.relays.count() == 0) {
            if self.wait() {
                self.obey();
            }
            let now_ns = Linux.now_ns();
            self.relays.round(&Linux, self.process, now_ns, &mut self.finished);
            self.finished.reverse();
            // Ends: each turn takes one out.
            while let Some(relay) = self.finished.pop() {
                self.mailbox.relay_count.fetch_sub(1, Ordering::Relaxed);
                self.tell(relay, now_ns);
            }
        }
    }

    fn give_up(&mut self) {
        for command in self.mailbox.close() {
            if let Command::Add(relay) = command {
                self.relays.add(*relay);
            }
        }
        let end = FlowEnd::SourceFailed(BROKEN);
        // Ends: each turn takes one out.
        while let Some(relay) =
            self.finished.pop().or_else(|| self.relays.take_any(&Linux, self.process, end))
        {
            self.tell(relay, Linux.now_ns());
        }
    }

    /// Closes the sockets of a relay that is over, and tells how it has ended.
    fn tell(&self, relay: Finished<Linux>, now_ns: u64) {
        for fd in relay.fds() {
            // Others may hold a descriptor of the same socket, which keeps it in the set.
            let _ = self.events.remove(fd);
        }
        self.completions.put(relay.close(&Linux, now_ns));
    }

    /// Waits for events, and tells the relays. Returns whether there are commands.
    fn wait(&mut self) -> bool {
        let limit_ns = match self.relays.deadline_ns() {
            _ if self.relays.has_turns() => Some(0),
            Some(due_ns) => Some(due_ns.saturating_sub(Linux.now_ns())),
            None => None,
        };
        let mut has_commands = false;
        let relays = &mut self.relays;
        self.events.wait(limit_ns, |number, edge: Edge| {
            if number == ALARM {
                has_commands = true;
            } else {
                relays.note(Token::from_number(number), edge);
            }
        });
        has_commands
    }

    fn obey(&mut self) {
        for command in self.mailbox.take() {
            match command {
                Command::Add(relay) => self.add(*relay),
                Command::Close(id) => {
                    self.relays.finish(&Linux, self.process, id, FlowEnd::Closed);
                }
                Command::Stop => {
                    self.is_stopping = true;
                    self.relays.finish_all(&Linux, self.process, FlowEnd::Closed);
                }
            }
        }
    }

    fn add(&mut self, relay: Relay<Linux>) {
        let (id, fds) = (relay.id(), relay.fds());
        let tokens = self.relays.add(relay);
        for (fd, token) in fds.into_iter().zip(tokens) {
            if let Err(errno) = self.events.add(fd, token.number()) {
                let error = Error::looking(errno, Call::EpollCtl);
                self.relays.finish(&Linux, self.process, id, FlowEnd::SourceFailed(error));
            }
        }
    }
}
