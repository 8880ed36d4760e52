/** A peer in a room. */
export interface Peer {
  /** The id, which the server has assigned. */
  readonly id: string;
  /** The name under which the peer has joined. It is unique in the room. */
  readonly name: string;
}
