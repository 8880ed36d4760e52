//! The connection to Redis, which also receives published entries.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionInfo, ErrorKind, IntoConnectionInfo, Pipeline, ProtocolVersion,
    PushInfo, PushKind, RedisError, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClientBuilder,
    cluster_async::ClusterConnection,
};
use tokio::sync::Notify;

use super::{
    command::{Command, TIMEOUT},
    notifications::NotificationSender,
    script::Script,
};

/// The address of Redis, or of some nodes of a Redis Cluster.
#[derive(Clone, Debug)]
pub struct RedisAddress(Vec<ConnectionInfo>);

/// An open connection, with the scripts loaded.
pub struct RedisConnection {
    kind: Kind,
    /// The hashes of [`Script::ALL`].
    scripts: Vec<String>,
    status: Arc<Status>,
}

enum Kind {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

/// Problems of a connection that occur outside of a command.
#[derive(Default)]
struct Status {
    disconnected: AtomicBool,
    /// Set when a node has ended a subscription because it no longer has the room. The library treats that as the
    /// answer to a command, and does not subscribe again.
    slot_moved: AtomicBool,
    /// The number of subscriptions that this process is ending.
    unsubscribing: AtomicUsize,
    changed: Notify,
}

impl RedisAddress {
    /// Parses a URL, or the URLs of some nodes of a Redis Cluster, separated by commas.
    pub fn parse(urls: &str) -> Result<Self, RedisError> {
        let infos = urls.split(',').map(|url| {
            let info = url.trim().into_connection_info()?;
            let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
            Ok(info.set_redis_settings(settings))
        });
        infos.collect::<Result<_, RedisError>>().map(Self)
    }
}

impl Status {
    fn unsubscribed(&self) {
        let decrement = |left: usize| left.checked_sub(1);
        if self.unsubscribing.fetch_update(Ordering::Relaxed, Ordering::Relaxed, decrement).is_err() {
            self.slot_moved.store(true, Ordering::Relaxed);
            self.changed.notify_one();
        }
    }
}

impl RedisConnection {
    /// Connects, loads the scripts, and takes the lease of the process.
    pub async fn open(
        address: &RedisAddress,
        process: &str,
        notifications: NotificationSender,
    ) -> Result<Self, RedisError> {
        let status = Arc::new(Status::default());
        let mut kind = connect(address, &status, notifications).await?;
        let mut scripts = Vec::new();
        for script in Script::ALL {
            let mut load = redis::cmd("SCRIPT");
            load.arg("LOAD").arg(script.text());
            let sha = redis::from_redis_value(kind.run(&load).await?)?;
            scripts.push(sha);
        }
        // A server that does not accept writes, such as a replica or one without free memory, is not usable.
        let (renew, _) = Command::renew_lease(process).encode(&scripts);
        kind.run(&renew).await?.extract_error()?;
        Ok(Self { kind, scripts, status })
    }

    /// Runs a batch and returns one answer for each command.
    pub async fn run_batch(&mut self, commands: &[&Command]) -> Vec<Result<Value, RedisError>> {
        let unsubscribing = commands.iter().filter(|command| matches!(command, Command::Unsubscribe(_))).count();
        self.status.unsubscribing.fetch_add(unsubscribing, Ordering::Relaxed);
        self.kind.run_all(commands.iter().map(|command| command.encode(&self.scripts)).collect()).await
    }

    /// Waits for a change that no command reports: [`is_broken`](Self::is_broken) may return true, or the library has
    /// reconnected to a node of a Redis Cluster, so that published entries may have been lost.
    pub async fn interrupted(&self) {
        self.status.changed.notified().await;
    }

    /// Returns whether the connection must be opened again.
    pub fn is_broken(&self) -> bool {
        let is_single = matches!(self.kind, Kind::Single(_));
        self.status.slot_moved.load(Ordering::Relaxed) || is_single && self.status.disconnected.load(Ordering::Relaxed)
    }
}

async fn connect(
    address: &RedisAddress,
    status: &Arc<Status>,
    notifications: NotificationSender,
) -> Result<Kind, RedisError> {
    let push_status = Arc::clone(status);
    let on_push = move |push: PushInfo| {
        match push.kind {
            // In a Redis Cluster, the library reconnects to the node and subscribes again. Missed entries are detected
            // by the next entry, or by the next heartbeat of the room.
            PushKind::Disconnection => {
                push_status.disconnected.store(true, Ordering::Relaxed);
                push_status.changed.notify_one();
            }
            PushKind::SMessage => notifications.send(push),
            PushKind::SUnsubscribe => push_status.unsubscribed(),
            _ => {}
        }
        Ok::<(), ()>(())
    };
    let config = AsyncConnectionConfig::new().set_connection_timeout(Some(TIMEOUT)).set_response_timeout(Some(TIMEOUT));
    let is_single = address.0.len() == 1;
    let mut first = None;
    for info in &address.0 {
        let config = config.clone().set_push_sender(on_push.clone());
        match Client::open(info.clone())?.get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => {
                first = Some(connection);
                break;
            }
            Err(error) if is_single => return Err(error),
            Err(error) => tracing::warn!(%error, "cannot connect to a node of the Redis Cluster"),
        }
    }
    let mut first = first.ok_or((ErrorKind::Io, "no node of the Redis Cluster can be reached"))?;
    let info: String = redis::cmd("INFO").arg("cluster").query_async(&mut first).await?;
    if !info.contains("cluster_enabled:1") {
        return Ok(Kind::Single(first));
    }
    let client = ClusterClientBuilder::new(address.0.clone())
        .use_protocol(ProtocolVersion::RESP3)
        .connection_timeout(TIMEOUT)
        .response_timeout(TIMEOUT)
        .retries(3)
        .push_sender(on_push)
        .build()?;
    client.get_async_connection().await.map(Kind::Cluster)
}

impl Kind {
    async fn run(&mut self, cmd: &Cmd) -> Result<Value, RedisError> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd).await,
            Self::Cluster(connection) => connection.req_packed_command(cmd).await,
        }
    }

    /// Runs commands, each with the name of its room, and returns one answer for each. A single node runs all of them
    /// in order, and a Redis Cluster runs those of each room in order.
    async fn run_all(&mut self, commands: Vec<(Cmd, Arc<str>)>) -> Vec<Result<Value, RedisError>> {
        let count = commands.len();
        match self {
            Self::Single(connection) => {
                let mut pipe = Pipeline::with_capacity(count);
                for (cmd, _) in commands {
                    pipe.add_command(cmd);
                }
                match connection.req_packed_commands(&pipe, 0, count).await {
                    Ok(values) => values.into_iter().map(Ok).collect(),
                    Err(error) => (0..count).map(|_| Err(error.clone())).collect(),
                }
            }
            Self::Cluster(connection) => {
                let mut rooms: Vec<(Arc<str>, Vec<_>)> = Vec::new();
                for (index, (cmd, room)) in commands.into_iter().enumerate() {
                    match rooms.iter_mut().find(|(name, _)| !room.is_empty() && *name == room) {
                        Some((_, commands)) => commands.push((index, cmd)),
                        None => rooms.push((room, vec![(index, cmd)])),
                    }
                }
                let each = rooms.into_iter().map(|(_, commands)| {
                    let mut connection = connection.clone();
                    async move {
                        let mut answers: Vec<(usize, Result<Value, RedisError>)> = Vec::new();
                        for (index, cmd) in commands {
                            // After a failure, the later commands of the room are not run.
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
                let mut answers: Vec<_> = join_all(each).await.into_iter().flatten().collect();
                answers.sort_by_key(|(index, _)| *index);
                answers.into_iter().map(|(_, answer)| answer).collect()
            }
        }
    }
}
