//! Error codes and reasons. Both enumerations keep unknown words, because the server may be newer than the client.

use crate::{json::json_text, spec_enum};

spec_enum! {
    /// The code of an error that the server reports.
    ///
    /// The connection stays open unless the code is documented to close it.
    ErrorCode {
        /// A peer in the room has this name.
        NameTaken = "name_taken",
        /// The room is full.
        RoomFull = "room_full",
        /// The server has reached its limit of rooms.
        ServerFull = "server_full",
        /// The receiver is not in the room.
        UnknownPeer = "unknown_peer",
        /// The frame exceeds the server's limit and was dropped. The connection closes if the client has no seat, or if
        /// the frame exceeds the limit by far.
        TooLarge = "too_large",
        /// The JSON of the frame is nested too deeply; the frame was dropped.
        TooDeep = "too_deep",
        /// The client sent too many frames or bytes in a short time; this frame was dropped.
        RateLimited = "rate_limited",
        /// The frame is not a message of this protocol.
        BadMessage = "bad_message",
        /// The name is empty, too long, or has characters that the server does not accept, such as control characters.
        BadName = "bad_name",
        /// The room's name is empty, too long, or has characters that the server does not accept.
        BadRoom = "bad_room",
        /// The message is only allowed for a client in a room.
        NotJoined = "not_joined",
        /// The client is in a room already.
        AlreadyJoined = "already_joined",
        /// The server requires a token, or the token is not valid.
        Unauthorized = "unauthorized",
        /// Too many clients connect from one address. The connection closes.
        TooManyClients = "too_many_clients",
        /// The server is about to shut down and accepts no new clients. The connection closes soon; the client may
        /// reconnect immediately, because another server may take over.
        Draining = "draining",
        /// The server does not support the client's version of the protocol. The connection closes.
        UnsupportedVersion = "unsupported_version",
        /// Redis, through which the servers share their rooms, is unreachable. Clients cannot join, and peers on other
        /// servers cannot be reached. The client should retry.
        Unavailable = "unavailable",
        /// An internal error of the server, which the client did not cause.
        Internal = "internal",
    }
}

spec_enum! {
    /// The reason why a peer is no longer in the room.
    LeaveReason {
        /// The peer left, or its page was closed or reloaded.
        Left = "left",
        /// The peer was silent, too slow or too fast, or its socket ended and the seat was not resumed in time.
        Lost = "lost",
        /// The peer joined again on another socket and could not resume its seat: it has a new id there.
        Replaced = "replaced",
    }
}

json_text!(ErrorCode, LeaveReason);
