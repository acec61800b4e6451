/** What inputs need to know of the system they are for. */
export interface Known {
  /** A company's callback token, and the names of its variables. */
  companies: readonly {
    tenant: string;
    callbackToken: string;
    names: readonly [origin: string, destination: string, audio: string];
  }[];
  apiKey: string;
  /** Signs agents' tokens. */
  secret: string;
}
