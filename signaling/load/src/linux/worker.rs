//! A thread's share of the clients: whole rooms, driven by one poll.
//!
//! The load is open-loop: each signal has its moment, whatever became of those before, and its latency counts from that
//! moment. A server or generator that falls behind is not spared the signals that were due meanwhile.

use std::io;
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use rustix::fd::OwnedFd;
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};

use super::client::Client;
use super::dialect::{Dialect, ROOM};

/// Connections under way at a time.
const WAVE: usize = 32;

const TIMER: Token = Token(usize::MAX);

#[derive(Debug)]
pub struct Worker {
    poll: Poll,
    timer: OwnedFd,
    clients: Vec<Client>,
    scratch: Vec<u8>,
    begun: Instant,
}

/// What to do for a while.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Signals a second of all clients of the worker.
    pub rate: f64,
    pub warm_up: Duration,
    pub window: Duration,
    /// How long what is under way at the end is waited for.
    pub drain: Duration,
}

/// What became of the signals that were due in the window.
#[derive(Debug, Default)]
pub struct Outcome {
    pub due: u64,
    /// Microseconds, of those that came.
    pub latencies: Vec<u32>,
    /// How late the generator itself was, for each.
    pub lateness: Vec<u32>,
    pub gone: usize,
}

impl Worker {
    pub fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
        let poll = Poll::new()?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
        Ok(Self { poll, timer, clients: Vec::new(), scratch: vec![0; 256 * 1024], begun: Instant::now() })
    }

    /// Connects and seats these clients, in whole rooms.
    pub fn connect(&mut self, numbers: std::ops::Range<usize>, dialect: Dialect, server: SocketAddr) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut events = Events::with_capacity(1024);
        let mut seated = 0;
        let mut numbers = numbers.peekable();
        while numbers.peek().is_some() || seated < self.clients.len() {
            while self.clients.len() - seated < WAVE
                && let Some(number) = numbers.next()
            {
                let mut client = Client::connect(number, dialect, server)?;
                let token = Token(self.clients.len());
                let both = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(&mut client.socket, token, both)?;
                self.clients.push(client);
            }
            self.turn(&mut events, Some(Duration::from_millis(100)), &mut |_| {})?;
            if let Some(client) = self.clients.iter().position(Client::is_gone) {
                return Err(io::Error::other(format!("client {client} was not let in")));
            }
            seated = self.clients.iter().filter(|client| client.is_seated()).count();
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("{seated} of {} were let in", self.clients.len())));
            }
        }
        for room in self.clients.chunks_mut(ROOM) {
            let ids: Vec<String> = room.iter().map(|client| client.id.clone()).collect();
            for (index, client) in room.iter_mut().enumerate() {
                let others: Vec<String> =
                    ids.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, id)| id.clone()).collect();
                client.address_to(&others);
            }
        }
        Ok(())
    }

    /// Answers pings, and passes over what else comes.
    pub fn rest(&mut self, time: Duration) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(&mut events, Some(left), &mut |_| {})?;
        }
        Ok(())
    }

    pub fn run(&mut self, phase: Phase) -> io::Result<Outcome> {
        let start = self.begun.elapsed();
        let window = start + phase.warm_up..start + phase.warm_up + phase.window;
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let window = nanos(window.start)..nanos(window.end);
        let mut outcome = Outcome::default();
        let mut events = Events::with_capacity(4096);
        let order = order(self.clients.len());
        let mut dirty = Vec::new();
        let mut next = 0_u64;
        let begun = self.begun;
        // Precise enough for the hours that no run takes.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "above"
        )]
        let due_at = |index: u64| nanos(start) + (index as f64 / phase.rate * 1e9) as u64;
        loop {
            let now = nanos(begun.elapsed());
            // In handfuls, so that reading is not left behind for long.
            for _ in 0..256 {
                let due = due_at(next);
                if due > now || due >= window.end {
                    break;
                }
                let who = order[usize::try_from(next).unwrap_or(0) % order.len()];
                if window.contains(&due) {
                    outcome.due += 1;
                    outcome.lateness.push(micros(now - due));
                }
                if self.clients[who].signal(due) {
                    dirty.push(who);
                }
                next += 1;
            }
            for who in dirty.drain(..) {
                self.clients[who].flush();
            }
            let all_sent = due_at(next) >= window.end;
            let wait_until = if all_sent { window.end + nanos(phase.drain) } else { due_at(next) };
            if all_sent && (now >= wait_until || outcome.latencies.len() as u64 >= outcome.due && now >= window.end) {
                break;
            }
            let wait = Duration::from_nanos(wait_until.saturating_sub(nanos(begun.elapsed())));
            let timeout = if wait.is_zero() { Some(Duration::ZERO) } else { None };
            if timeout.is_none() {
                self.wake_after(wait)?;
            }
            let latencies = &mut outcome.latencies;
            self.turn(&mut events, timeout, &mut |due| {
                if window.contains(&due) {
                    latencies.push(micros(nanos(begun.elapsed()).saturating_sub(due)));
                }
            })?;
        }
        outcome.gone = self.clients.iter().filter(|client| client.is_gone()).count();
        Ok(outcome)
    }

    fn turn(
        &mut self,
        events: &mut Events,
        timeout: Option<Duration>,
        arrived: &mut impl FnMut(u64),
    ) -> io::Result<()> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in events.iter().filter(|event| event.token() != TIMER) {
            let client = &mut self.clients[event.token().0];
            if event.is_writable() {
                client.writable();
            }
            if event.is_readable() {
                client.readable(&mut self.scratch, &mut *arrived);
            }
        }
        Ok(())
    }

    /// The poll's own timeout counts in milliseconds.
    fn wake_after(&self, wait: Duration) -> io::Result<()> {
        let once = Itimerspec {
            it_interval: Timespec::default(),
            it_value: Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: wait.subsec_nanos().max(1).into(),
            },
        };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        Ok(())
    }
}

fn micros(nanos: u64) -> u32 {
    u32::try_from(nanos / 1000).unwrap_or(u32::MAX)
}

/// Neighbours in time are no neighbours in a room.
fn order(count: usize) -> Vec<usize> {
    let rooms = count / ROOM;
    (0..ROOM).flat_map(|seat| (0..rooms).map(move |room| room * ROOM + seat)).collect()
}
