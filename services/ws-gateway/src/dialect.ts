import type { ClientFrame } from '@ramal/contracts';

/** The legacy dialect's way to authenticate (R47); everything else it asks has a frame of ramal.v1. */
export interface LoginFrame {
  op: 'login';
  id: string | number;
  data: {
    tenant: string;
    user: string;
    /** An agent token, or the user's password at the CTI. */
    passwd: string;
    /** The extension to bind; the user's own where it is left out. */
    ramal?: string | undefined;
    resume?: { epoch: string; seq: number } | undefined;
  };
}

/** What a client asks, whichever dialect it asks it in. */
export type EdgeFrame = ClientFrame | LoginFrame;

/** How one socket writes its messages. Behind it everybody speaks ramal.v1. */
export interface Dialect {
  /** What its first message must be called. */
  readonly firstMessage: string;
  /** Whether a socket outlives its agent's logout, for somebody else to log in on it. */
  readonly staysAfterLogout: boolean;
  /** @throws FrameInvalidError saying what is wrong, in terms of the dialect */
  parse(text: string): EdgeFrame;
  /** A frame of ramal.v1, as JSON, in the dialect's own words. */
  encode(frame: string): string;
}
