//! Prints the load on Redis of a join, a frame and a resume: `cargo test … cost -- --nocapture`.

use super::support::Redis;
use crate::support::{Client, TestServer};

struct Count {
    commands: f64,
    received: f64,
    sent: f64,
    micros: f64,
    memory: f64,
}

impl Count {
    async fn now(redis: &Redis) -> Self {
        let info = redis.query("INFO all").await;
        let field = |name: &str| {
            let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            value.unwrap().trim().parse::<f64>().unwrap()
        };
        let calls = |what: &str| -> f64 {
            let lines = info.lines().filter(|line| line.starts_with("cmdstat_") && !line.contains("info"));
            let values = lines.filter_map(|line| line.split([',', ':']).find_map(|part| part.strip_prefix(what)));
            values.filter_map(|value| value.parse::<f64>().ok()).sum()
        };
        Self {
            // Commands within scripts are not counted separately.
            commands: ["evalsha", "ssubscribe", "sunsubscribe", "xrange"]
                .iter()
                .filter_map(|name| info.lines().find_map(|l| l.strip_prefix(&format!("cmdstat_{name}:calls="))))
                .filter_map(|rest| rest.split(',').next()?.parse::<f64>().ok())
                .sum(),
            received: field("total_net_input_bytes"),
            sent: field("total_net_output_bytes"),
            micros: info
                .lines()
                .filter_map(|line| line.strip_prefix("cmdstat_evalsha:")?.split(',').nth(1)?.strip_prefix("usec="))
                .filter_map(|usec| usec.parse::<f64>().ok())
                .sum::<f64>()
                + calls("never"),
            memory: field("used_memory"),
        }
    }

    fn print(&self, before: &Self, what: &str, each: u32) {
        let each = f64::from(each);
        println!(
            "{what}: {:.2} commands, {:.0} bytes to Redis, {:.0} bytes from Redis, {:.0} µs in Redis, {:.0} bytes stored",
            (self.commands - before.commands) / each,
            (self.received - before.received) / each,
            (self.sent - before.sent) / each,
            (self.micros - before.micros) / each,
            (self.memory - before.memory) / each,
        );
    }
}

async fn frames(redis: &Redis, from: &mut Client, to: &mut Client, what: &str) {
    let data = format!("\"{}\"", "x".repeat(1022));
    let before = Count::now(redis).await;
    for _ in 0..300 {
        from.signal(&to.id, &data).await;
        to.expect_signal(&from.id, &data).await;
    }
    Count::now(redis).await.print(&before, what, 300);
}

async fn joins(redis: &Redis, server: &TestServer, rooms: u32, name: &str, what: &str) -> Vec<Client> {
    let before = Count::now(redis).await;
    let mut clients = Vec::new();
    for room in 0..rooms {
        clients.push(server.join(&format!("room {room}"), name).await);
    }
    Count::now(redis).await.print(&before, what, rooms);
    clients
}

#[tokio::test]
async fn cost_of_join_frame_and_resume() {
    let Some(redis) = Redis::start().await else { return };
    let (one, two) = (redis.server().await, redis.server().await);
    let mut first = joins(&redis, &one, 100, "Ada", "join, first in a room").await;
    let mut second = joins(&redis, &one, 100, "Bob", "join, second, on the same server").await;
    let mut third = joins(&redis, &two, 100, "Carol", "join, third, on another server").await;
    for which in 0..100 {
        let (bob, carol) = (&second[which], &third[which]);
        first[which].expect_joined(bob, "Bob").await;
        first[which].expect_joined(carol, "Carol").await;
    }
    let mut here = [one.join("here", "Ada").await, one.join("here", "Bob").await];
    let bob = here[1].id.clone();
    here[0].recv().await;
    assert_ne!(bob, here[0].id);
    let [ada, bob] = &mut here;
    frames(&redis, ada, bob, "signal of 1 KiB, within a server").await;
    second[0].recv().await;
    frames(&redis, &mut first[0], &mut third[0], "signal of 1 KiB, to another server").await;
    frames(&redis, &mut first[0], &mut second[0], "signal of 1 KiB, within a server, with a third peer elsewhere")
        .await;
    let before = Count::now(&redis).await;
    for _ in 0..50 {
        let saved = bob.save_seat(300);
        let old = std::mem::replace(bob, two.connect().await);
        old.reset().await;
        let mut join = bob.join_to_resume(&saved);
        if let browser_rtc_proto::signaling::ClientMessage::Join(browser_rtc_proto::signaling::Join { room, .. }) =
            &mut join
        {
            "here".clone_into(room);
        }
        bob.send(join).await;
        let browser_rtc_proto::signaling::ServerMessage::Joined(browser_rtc_proto::signaling::Joined {
            resume, ..
        }) = bob.recv().await
        else {
            panic!()
        };
        bob.token = resume;
    }
    Count::now(&redis).await.print(&before, "resume with nothing missed", 50);
}
