/** Something sent over a WebSocket. */
export interface SocketInput {
  /**
   * `message`: a whole message on a logged-in socket, which gets exactly one answer. `first`: the first message of a
   * socket. `raw`: bytes below the level of messages, on a logged-in socket.
   */
  kind: 'message' | 'first' | 'raw';
  bytes: Buffer;
  /** The old dialect's words are used for what follows (R47). */
  legacy: boolean;
  mustBeRefused?: boolean;
}
