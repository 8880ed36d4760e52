//! Values in the answers of Redis.

use redis::Value;

use super::room::RoomPeer;
use browser_rtc_proto::signaling::Peer;

pub fn text(value: Option<Value>) -> Option<String> {
    redis::from_redis_value(value?).ok()
}

pub fn texts(value: Option<Value>) -> Vec<String> {
    value.and_then(|value| redis::from_redis_value(value).ok()).unwrap_or_default()
}

/// Parses the peers of a room, and returns them in the order in which they joined.
pub fn peers(value: Option<Value>) -> Vec<RoomPeer> {
    let mut list: Vec<_> = texts(value)
        .iter()
        .filter_map(|member| {
            let mut parts = member.splitn(4, ' ');
            let (id, process, order, name) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let peer = Peer::new(id, name.to_owned());
            Some((order.parse::<u64>().ok()?, RoomPeer { peer, process: process.to_owned() }))
        })
        .collect();
    list.sort_by_key(|(order, _)| *order);
    list.into_iter().map(|(_, peer)| peer).collect()
}
