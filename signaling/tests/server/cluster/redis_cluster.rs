//! A Redis Cluster with rooms on different nodes.

use std::time::Duration;

use super::support::{Redis, join_when_available, say_to_all};
use crate::support::{TestServer, start};

/// Starts three masters. Returns `None` if `redis-server` is not installed.
async fn start_nodes() -> Option<Vec<Redis>> {
    // No node fails in these tests, and a slow node must not be considered failed.
    let args = &["--cluster-enabled", "yes", "--cluster-node-timeout", "30000"];
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(Redis::start_with(args).await?);
    }
    for (node, slots) in nodes.iter().zip(["0 5000", "5001 11000", "11001 16383"]) {
        assert!(node.query(&format!("CLUSTER ADDSLOTSRANGE {slots}")).await.starts_with("+OK"));
        assert!(node.query(&format!("CLUSTER MEET 127.0.0.1 {}", nodes[0].port)).await.starts_with("+OK"));
    }
    let formed = async {
        for node in &nodes {
            while !node.query("CLUSTER INFO").await.contains("cluster_state:ok")
                || !node.query("CLUSTER INFO").await.contains("cluster_known_nodes:3")
            {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(120), formed).await.expect("a cluster");
    Some(nodes)
}

async fn start_servers(nodes: &[Redis]) -> (TestServer, TestServer) {
    let urls = format!("{},{}", nodes[0].url(), nodes[1].url());
    let config = nodes[0].config().redis(Some(urls.into()));
    (start(config.clone()).await, start(config).await)
}

/// Returns the lines of an answer, without lengths.
fn words(answer: &str) -> Vec<&str> {
    answer.lines().filter(|line| !line.starts_with(['$', '*', '+'])).collect()
}

#[tokio::test]
async fn room_moves_to_other_node() {
    let Some(nodes) = start_nodes().await else { return };
    let (one, two) = start_servers(&nodes).await;
    let mut ada = join_when_available(&one, "r", "Ada").await;
    let mut bob = join_when_available(&two, "r", "Bob").await;
    ada.expect_joined(&bob, "Bob").await;
    say_to_all(&mut ada, &mut [&mut bob], "1").await;

    let slot = nodes[0].query("CLUSTER KEYSLOT browser-rtc:{r:r}").await;
    let slot: u16 = slot.lines().next().unwrap().strip_prefix(':').unwrap().parse().unwrap();
    let from = usize::from(slot > 5000) + usize::from(slot > 11000);
    let (from, to) = (&nodes[from], &nodes[(from + 1) % 3]);
    let ids = (from.query("CLUSTER MYID").await, to.query("CLUSTER MYID").await);
    let (from_id, to_id) = (words(&ids.0)[0], words(&ids.1)[0]);
    to.expect_ok(&format!("CLUSTER SETSLOT {slot} IMPORTING {from_id}")).await;
    from.expect_ok(&format!("CLUSTER SETSLOT {slot} MIGRATING {to_id}")).await;
    let keys = from.query(&format!("CLUSTER GETKEYSINSLOT {slot} 100")).await;
    assert!(words(&keys).len() >= 2, "{keys}");
    for key in words(&keys) {
        from.expect_ok(&format!("MIGRATE 127.0.0.1 {} {key} 0 5000", to.port)).await;
    }
    for node in [to, from].into_iter().chain(nodes.iter().filter(|node| ![from.port, to.port].contains(&node.port))) {
        node.expect_ok(&format!("CLUSTER SETSLOT {slot} NODE {to_id}")).await;
    }

    for word in 2..20 {
        say_to_all(&mut ada, &mut [&mut bob], &word.to_string()).await;
        say_to_all(&mut bob, &mut [&mut ada], &word.to_string()).await;
    }
    let mut new = join_when_available(&two, "r", "New").await;
    for client in [&mut ada, &mut bob] {
        client.expect_joined(&new, "New").await;
    }
    say_to_all(&mut new, &mut [&mut ada, &mut bob], "20").await;
}

#[tokio::test]
async fn rooms_are_spread_over_all_nodes() {
    let Some(nodes) = start_nodes().await else { return };
    let (one, two) = start_servers(&nodes).await;
    for room in 0..12 {
        let room = format!("room {room}");
        let mut ada = join_when_available(&one, &room, "Ada").await;
        let mut bob = join_when_available(&two, &room, "Bob").await;
        ada.expect_joined(&bob, "Bob").await;
        say_to_all(&mut ada, &mut [&mut bob], "1").await;
        ada.say("2").await;
        // The join must name the room.
        let (id, saved) = (bob.id.clone(), bob.save_seat(1));
        bob.reset().await;
        let mut bob = one.connect().await;
        let mut join = bob.join_to_resume(&saved);
        if let browser_rtc_proto::signaling::ClientMessage::Join(browser_rtc_proto::signaling::Join {
            room: name,
            ..
        }) = &mut join
        {
            name.clone_from(&room);
        }
        bob.send(join).await;
        let joined = bob.recv().await;
        let browser_rtc_proto::signaling::ServerMessage::Joined(browser_rtc_proto::signaling::Joined {
            you,
            resumed: true,
            ..
        }) = joined
        else {
            panic!("{joined:?}")
        };
        assert_eq!(you.id, id);
        bob.expect_say(&ada.id, "2").await;
    }
    for node in &nodes {
        assert!(node.query("DBSIZE").await.as_str() > ":0\r\n");
    }
}
