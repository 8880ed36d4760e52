//! The way to Redis: one queue of commands, in order, in batches; what is published comes back by the same connection.
//!
//! One batch is under way at a time. While it is, the next grows: the more there is to do, the less each costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::cluster_async::ClusterConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, IntoConnectionInfo, Pipeline, ProtocolVersion, PushInfo,
    PushKind, RedisError, Value,
};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout};

use super::Cluster;
use super::keeper;
use super::published::{self, Publish, Published};
use super::queue;
use super::room::{Effect, Room};
use super::script::{REFS, Script, keys};

/// How long a command may take, and a connection to be made.
pub const PATIENCE: Duration = Duration::from_secs(1);

/// How long frames wait for Redis, once it is away, before they go on without it.
const HELD: Duration = Duration::from_secs(1);

const BACK_OFF: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

/// Redis is not there, or not to be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away;

/// Something for Redis to do.
#[derive(Debug)]
pub struct Job {
    pub command: Command,
    pub done: Done,
}

#[derive(Debug)]
pub enum Command {
    Script(Script, Arc<Room>, Vec<String>),
    /// Of all rooms.
    Refs(Vec<String>),
    Plain(Cmd),
    Subscribe(Arc<Room>),
    Unsubscribe(String),
}

impl Command {
    /// How many bytes it has, but for a few.
    pub fn size(&self) -> usize {
        match self {
            Self::Script(_, _, args) | Self::Refs(args) => args.iter().map(String::len).sum(),
            Self::Plain(_) | Self::Subscribe(_) | Self::Unsubscribe(_) => 0,
        }
    }
}

/// What follows from the answer.
#[derive(Debug)]
pub enum Done {
    /// Somebody waits for it. Not tried again.
    Answer(oneshot::Sender<Result<Value, Away>>),
    /// A frame or a departure: has to get there, and is the same when it comes twice.
    Kept(Kept),
    /// An attempt to join.
    Join(Arc<Room>, String),
    Nothing,
}

/// The part of a job that goes on when Redis is away.
#[derive(Debug)]
pub struct Kept {
    pub room: Arc<Room>,
    pub effect: Effect,
    /// The place in the queue, until the answer is there.
    #[expect(dead_code, reason = "dropped, it gives the place back")]
    pub permit: Option<OwnedSemaphorePermit>,
    /// Those who are here have been told already.
    pub told: bool,
}

enum Connection {
    One(MultiplexedConnection),
    Many(ClusterConnection),
}

/// Where Redis is.
#[derive(Clone, Debug)]
pub struct Address(Vec<ConnectionInfo>);

impl Address {
    /// One URL, or those of some nodes of a cluster with commas between.
    pub fn parse(urls: &str) -> Result<Self, RedisError> {
        let infos = urls.split(',').map(|url| {
            let info = url.trim().into_connection_info()?;
            let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            Ok(info.set_redis_settings(settings))
        });
        infos.collect::<Result<_, RedisError>>().map(Self)
    }
}

/// Runs until the cluster stops.
pub async fn run(cluster: Cluster, address: Address, mut jobs: mpsc::UnboundedReceiver<Job>) {
    let (publish, mut published) = published::channel();
    let mut wait = BACK_OFF[0];
    let mut away_since = Instant::now();
    let mut held = false;
    loop {
        let pause = wait;
        let mut connecting = std::pin::pin!(async {
            let connected = timeout(PATIENCE * 2, connect(&cluster, &address, publish.clone())).await;
            match connected {
                Ok(Ok(connection)) => return Some(connection),
                Ok(Err(error)) => tracing::warn!(%error, "Redis is not there"),
                Err(_) => tracing::warn!("Redis does not answer"),
            }
            sleep(pause).await;
            None
        });
        let connected = loop {
            let until = away_since + HELD;
            tokio::select! {
                connected = &mut connecting => break connected,
                job = jobs.recv() => {
                    let Some(job) = job else { return };
                    cluster.put_off(job);
                }
                () = tokio::time::sleep_until(until), if !held => {
                    held = true;
                    cluster.go_alone();
                }
            }
        };
        let Some((mut connection, scripts, gone)) = connected else {
            wait = (wait * 2).min(BACK_OFF[1]);
            continue;
        };
        wait = BACK_OFF[0];
        tracing::info!("Redis is there");
        cluster.come_back();
        while let Ok(job) = jobs.try_recv() {
            cluster.put_off(job);
        }
        cluster.go_on();
        let stopped = serve(&cluster, &mut connection, &scripts, &gone, &mut jobs, &mut published).await;
        if stopped {
            return;
        }
        tracing::warn!("Redis has gone");
        (away_since, held) = (Instant::now(), false);
        cluster.gone();
    }
}

type Connected = (Connection, Vec<String>, Arc<Gone>);

/// What has become of the connection, though nothing was asked of it.
#[derive(Default)]
struct Gone {
    gone: AtomicBool,
    /// A node has ended a subscription: it has no longer the room. The library takes that for the answer to something
    /// else, and does not subscribe anew.
    moved: AtomicBool,
    /// How many subscriptions we are about to end ourselves.
    unsubscribing: AtomicUsize,
    changed: tokio::sync::Notify,
}

impl Gone {
    fn unsubscribed(&self) {
        let counted = |left: usize| left.checked_sub(1);
        if self.unsubscribing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).is_err() {
            self.moved.store(true, Ordering::Relaxed);
            self.changed.notify_one();
        }
    }
}

async fn connect(cluster: &Cluster, address: &Address, publish: Publish) -> Result<Connected, RedisError> {
    let gone = Arc::new(Gone::default());
    let noticed = Arc::clone(&gone);
    let one = address.0.len() == 1;
    let push = move |push: PushInfo| {
        match push.kind {
            // In a cluster, the library connects to the node again and subscribes anew: what was missed
            // is found by the next entry, or by the next sign of life of the room.
            PushKind::Disconnection => {
                noticed.gone.store(true, Ordering::Relaxed);
                noticed.changed.notify_one();
            }
            PushKind::SMessage => publish.put(push),
            PushKind::SUnsubscribe => noticed.unsubscribed(),
            _ => {}
        }
        Ok::<(), ()>(())
    };
    let config =
        AsyncConnectionConfig::new().set_connection_timeout(Some(PATIENCE)).set_response_timeout(Some(PATIENCE));
    let mut first = None;
    for info in &address.0 {
        let config = config.clone().set_push_sender(push.clone());
        match Client::open(info.clone())?.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => {
                first = Some(connection);
                break;
            }
            Err(error) if one => return Err(error),
            Err(error) => tracing::warn!(%error, "a node of Redis is not there"),
        }
    }
    let mut first = first.ok_or((redis::ErrorKind::Io, "no node is there"))?;
    let info: String = redis::cmd("INFO").arg("cluster").query_async(&mut first).await?;
    let mut connection = if info.contains("cluster_enabled:1") {
        let client = redis::cluster::ClusterClientBuilder::new(address.0.clone())
            .use_protocol(ProtocolVersion::RESP3)
            .connection_timeout(PATIENCE)
            .response_timeout(PATIENCE)
            .retries(3)
            .push_sender(push)
            .build()?;
        let connection = client.get_async_connection().await?;
        gone.gone.store(false, Ordering::Relaxed);
        Connection::Many(connection)
    } else {
        Connection::One(first)
    };
    let mut scripts = Vec::new();
    for script in Script::ALL {
        let mut load = redis::cmd("SCRIPT");
        load.arg("LOAD").arg(script.text());
        let sha = redis::from_redis_value(connection.one(&load).await?)?;
        scripts.push(sha);
    }
    let mut time = redis::cmd("EVALSHA");
    time.arg(scripts.get(Script::Refs as usize)).arg(2).arg(&REFS).arg(&["time", "", "0", "0"]);
    let asked = Instant::now();
    let time = connection.one(&time).await?;
    cluster.set_clock(asked, &time);
    // One that takes no writes, as a replica or without memory, is not there.
    connection.one(&keeper::lease(&cluster.0.welcome.proc)).await?.extract_error()?;
    Ok((connection, scripts, gone))
}

/// True when the cluster has stopped.
async fn serve(
    cluster: &Cluster,
    connection: &mut Connection,
    scripts: &[String],
    gone: &Gone,
    jobs: &mut mpsc::UnboundedReceiver<Job>,
    published: &mut Published,
) -> bool {
    let mut batch = Vec::new();
    loop {
        batch.clear();
        tokio::select! {
            some = queue::next_batch(jobs, &mut batch) => if some.is_none() { return true },
            Some(push) = published.next() => {
                cluster.published(push);
                continue;
            }
            () = gone.changed.notified() => {}
        }
        if gone.moved.load(Ordering::Relaxed) {
            batch.drain(..).for_each(|job| cluster.put_off(job));
            return false;
        }
        if batch.is_empty() || gone.gone.load(Ordering::Relaxed) && matches!(connection, Connection::One(_)) {
            batch.drain(..).for_each(|job| cluster.put_off(job));
            if matches!(connection, Connection::One(_)) {
                return false;
            }
            gone.gone.store(false, Ordering::Relaxed);
            cluster.look_after();
            continue;
        }
        let ends = batch.iter().filter(|job| matches!(job.command, Command::Unsubscribe(_))).count();
        gone.unsubscribing.fetch_add(ends, Ordering::Relaxed);
        let commands = batch.iter().map(|job| encode(&job.command, scripts)).collect();
        let answers = {
            let mut all = std::pin::pin!(connection.all(commands));
            loop {
                tokio::select! {
                    answers = &mut all => break answers,
                    Some(push) = published.next() => cluster.published(push),
                }
            }
        };
        // What was published before came before: no answer is ahead of it.
        while let Some(push) = published.ready() {
            cluster.published(push);
        }
        let mut failed = false;
        for (job, answer) in batch.drain(..).zip(answers) {
            match answer.and_then(Value::extract_error) {
                Ok(answer) if !failed => cluster.done(job.done, answer),
                // What comes after a failure may have been done: it is asked for again, in order.
                Ok(_) => cluster.put_off(job),
                Err(error) => {
                    tracing::warn!(%error, "Redis failed");
                    failed = true;
                    cluster.put_off(job);
                }
            }
        }
        if failed {
            return false;
        }
    }
}

fn encode(command: &Command, scripts: &[String]) -> (Cmd, String) {
    let script = |script: Script| {
        let mut cmd = redis::cmd("EVALSHA");
        cmd.arg(scripts.get(script as usize));
        cmd
    };
    match command {
        Command::Script(which, room, args) => {
            let mut cmd = script(*which);
            cmd.arg(3).arg(&keys(room.name())).arg(args);
            (cmd, room.name().to_owned())
        }
        Command::Refs(args) => {
            let mut cmd = script(Script::Refs);
            cmd.arg(2).arg(&REFS).arg(args);
            (cmd, String::new())
        }
        Command::Plain(cmd) => (cmd.clone(), String::new()),
        Command::Subscribe(room) => {
            let mut cmd = redis::cmd("SSUBSCRIBE");
            cmd.arg(&keys(room.name())[2]);
            (cmd, room.name().to_owned())
        }
        Command::Unsubscribe(room) => {
            let mut cmd = redis::cmd("SUNSUBSCRIBE");
            cmd.arg(&keys(room)[2]);
            (cmd, room.clone())
        }
    }
}

impl Connection {
    async fn one(&mut self, cmd: &Cmd) -> Result<Value, RedisError> {
        match self {
            Self::One(connection) => connection.req_packed_command(cmd).await,
            Self::Many(connection) => connection.req_packed_command(cmd).await,
        }
    }

    /// One answer for each. On one node in order; in a cluster, in order for each room.
    async fn all(&mut self, commands: Vec<(Cmd, String)>) -> Vec<Result<Value, RedisError>> {
        let count = commands.len();
        match self {
            Self::One(connection) => {
                let mut pipe = Pipeline::with_capacity(count);
                for (cmd, _) in commands {
                    pipe.add_command(cmd);
                }
                match connection.req_packed_commands(&pipe, 0, count).await {
                    Ok(values) => values.into_iter().map(Ok).collect(),
                    Err(error) => (0..count).map(|_| Err(error.clone())).collect(),
                }
            }
            Self::Many(connection) => {
                let mut rooms: Vec<(String, Vec<(usize, Cmd)>)> = Vec::new();
                for (index, (cmd, room)) in commands.into_iter().enumerate() {
                    match rooms.iter_mut().find(|(name, _)| !room.is_empty() && *name == room) {
                        Some((_, of_room)) => of_room.push((index, cmd)),
                        None => rooms.push((room, vec![(index, cmd)])),
                    }
                }
                let each = rooms.into_iter().map(|(_, commands)| {
                    let mut connection = connection.clone();
                    async move {
                        let mut answers: Vec<(usize, Result<Value, RedisError>)> = Vec::new();
                        for (index, cmd) in commands {
                            // Nothing goes ahead of what failed.
                            let failed = answers.last().and_then(|(_, answer)| answer.as_ref().err().cloned());
                            let answer = match failed {
                                Some(error) => Err(error),
                                None => connection.req_packed_command(&cmd).await,
                            };
                            answers.push((index, answer));
                        }
                        answers
                    }
                });
                let mut answers: Vec<_> = futures_util::future::join_all(each).await.into_iter().flatten().collect();
                answers.sort_by_key(|(index, _)| *index);
                answers.into_iter().map(|(_, answer)| answer).collect()
            }
        }
    }
}
