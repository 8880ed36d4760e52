//! A thread with its share of the clients, in whole rooms, driven by one poll.
//!
//! The load is open-loop: each signal has a due time that does not depend on earlier signals, and its latency is
//! measured from that time. A server or generator that falls behind must still handle all due signals.

use std::{
    io,
    net::SocketAddr,
    os::fd::AsRawFd,
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, unix::SourceFd};
use rustix::{
    fd::OwnedFd,
    time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime},
};

use super::{
    client::Client,
    dialect::{Dialect, ROOM_CLIENTS},
};

/// Maximum number of connections that are opened at the same time.
const MAX_CONNECTING: usize = 32;

const TIMER: Token = Token(usize::MAX);

#[derive(Debug)]
pub struct Worker {
    poll: Poll,
    timer: OwnedFd,
    clients: Vec<Client>,
    scratch: Vec<u8>,
    start: Instant,
}

/// The load of one measurement.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// Signals per second of all clients of the worker.
    pub rate: f64,
    pub warm_up: Duration,
    pub window: Duration,
    /// Time for which signals in flight are awaited at the end.
    pub drain: Duration,
}

/// The result for the signals that were due in the window.
#[derive(Debug, Default)]
pub struct Outcome {
    pub due: u64,
    /// The latencies of the signals that arrived, in microseconds.
    pub latencies: Vec<u32>,
    /// The delay of the generator for each signal, in microseconds.
    pub lateness: Vec<u32>,
    /// Number of clients that the server closed.
    pub closed: usize,
}

impl Worker {
    pub fn new() -> io::Result<Self> {
        let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK)?;
        let poll = Poll::new()?;
        poll.registry().register(&mut SourceFd(&timer.as_raw_fd()), TIMER, Interest::READABLE)?;
        Ok(Self { poll, timer, clients: Vec::new(), scratch: vec![0; 256 * 1024], start: Instant::now() })
    }

    /// Connects and seats these clients, in whole rooms.
    pub fn connect(&mut self, numbers: std::ops::Range<usize>, dialect: Dialect, server: SocketAddr) -> io::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut events = Events::with_capacity(1024);
        let mut seated = 0;
        let mut numbers = numbers.peekable();
        while numbers.peek().is_some() || seated < self.clients.len() {
            while self.clients.len() - seated < MAX_CONNECTING
                && let Some(number) = numbers.next()
            {
                let mut client = Client::connect(number, dialect, server)?;
                let token = Token(self.clients.len());
                let both = Interest::READABLE | Interest::WRITABLE;
                self.poll.registry().register(&mut client.socket, token, both)?;
                self.clients.push(client);
            }
            self.poll_once(&mut events, Some(Duration::from_millis(100)), &mut |_| {})?;
            if let Some(client) = self.clients.iter().position(Client::is_closed) {
                return Err(io::Error::other(format!("client {client} was not admitted")));
            }
            seated = self.clients.iter().filter(|client| client.is_seated()).count();
            if Instant::now() > deadline {
                return Err(io::Error::other(format!("{seated} of {} were admitted", self.clients.len())));
            }
        }
        for room in self.clients.chunks_mut(ROOM_CLIENTS) {
            let ids: Vec<String> = room.iter().map(|client| client.id.clone()).collect();
            for (index, client) in room.iter_mut().enumerate() {
                let others: Vec<String> =
                    ids.iter().enumerate().filter(|(other, _)| *other != index).map(|(_, id)| id.clone()).collect();
                client.set_recipients(&others);
            }
        }
        Ok(())
    }

    /// Answers pings, and ignores other frames.
    pub fn idle(&mut self, time: Duration) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.poll_once(&mut events, Some(left), &mut |_| {})?;
        }
        Ok(())
    }

    pub fn run(&mut self, phase: Phase) -> io::Result<Outcome> {
        let start = self.start.elapsed();
        let window = start + phase.warm_up..start + phase.warm_up + phase.window;
        let nanos = |duration: Duration| u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        let window = nanos(window.start)..nanos(window.end);
        let mut outcome = Outcome::default();
        let mut events = Events::with_capacity(4096);
        let order = order(self.clients.len());
        let mut dirty = Vec::new();
        let mut next = 0_u64;
        let clock = self.start;
        // The precision suffices for hours.
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the precision suffices for hours"
        )]
        let due_at = |index: u64| nanos(start) + (index as f64 / phase.rate * 1e9) as u64;
        loop {
            let now = nanos(clock.elapsed());
            // In small batches, so that reading is not delayed for long.
            for _ in 0..256 {
                let due = due_at(next);
                if due > now || due >= window.end {
                    break;
                }
                let client = order[usize::try_from(next).unwrap_or(0) % order.len()];
                if window.contains(&due) {
                    outcome.due += 1;
                    outcome.lateness.push(micros(now - due));
                }
                if self.clients[client].signal(due) {
                    dirty.push(client);
                }
                next += 1;
            }
            for client in dirty.drain(..) {
                self.clients[client].flush();
            }
            let all_sent = due_at(next) >= window.end;
            let wait_until = if all_sent { window.end + nanos(phase.drain) } else { due_at(next) };
            if all_sent && (now >= wait_until || outcome.latencies.len() as u64 >= outcome.due && now >= window.end) {
                break;
            }
            let wait = Duration::from_nanos(wait_until.saturating_sub(nanos(clock.elapsed())));
            let timeout = if wait.is_zero() { Some(Duration::ZERO) } else { None };
            if timeout.is_none() {
                self.wake_after(wait)?;
            }
            let latencies = &mut outcome.latencies;
            self.poll_once(&mut events, timeout, &mut |due| {
                if window.contains(&due) {
                    latencies.push(micros(nanos(clock.elapsed()).saturating_sub(due)));
                }
            })?;
        }
        outcome.closed = self.clients.iter().filter(|client| client.is_closed()).count();
        Ok(outcome)
    }

    fn poll_once(
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

    /// Sets the timer, because the timeout of a poll has only a resolution of milliseconds.
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

/// Returns an order of clients in which consecutive clients are in different rooms.
fn order(count: usize) -> Vec<usize> {
    let rooms = count / ROOM_CLIENTS;
    (0..ROOM_CLIENTS).flat_map(|seat| (0..rooms).map(move |room| room * ROOM_CLIENTS + seat)).collect()
}
