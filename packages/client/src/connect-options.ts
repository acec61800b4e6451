import { LINK_DEFAULTS, type LinkSettings } from './connection/link-settings.ts';
import type { WebSocketClass } from './connection/open-socket.ts';
import type { GetToken } from './connection/token-source.ts';

export interface ConnectOptions {
  /** The gateway, such as `wss://ramal.example`, as `gatewayUrl` of `POST /v1/sessions` says it. */
  url: string;
  getToken: GetToken;
  /** For a Node before 22: the class of the package `ws`. */
  WebSocket?: WebSocketClass;
  /**
   * Whether the tabs of a browser share one connection; by default they do where they can (HTTPS, Web Locks). Tabs belong
   * together by gateway and agent, as the token says it; `key` says it in the token's place.
   */
  tabs?: boolean | { key: string };
  /** Times to deviate from, ms. */
  timing?: Partial<LinkSettings>;
}

/** The address of the agents' WebSocket. @throws TypeError for what is no address */
export function toSocketUrl(url: string): string {
  const address = new URL(url);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!/^wss?:$/.test(address.protocol))
    throw new TypeError(`the gateway's address begins with ws or wss: ${url}`);
  if (address.pathname === '/') address.pathname = '/v1/agent';
  return address.href;
}

/** @throws TypeError in a Node before 22, without one given */
export function toWebSocketClass({ WebSocket }: ConnectOptions): WebSocketClass {
  const own = globalThis.WebSocket as WebSocketClass | undefined;
  const chosen = WebSocket ?? own;
  if (chosen === undefined) {
    throw new TypeError(
      'this Node has no WebSocket: hand the one of the package ws in, connect({ WebSocket, … })',
    );
  }
  return chosen;
}

export function toSettings({ timing = {} }: ConnectOptions): LinkSettings {
  return { ...LINK_DEFAULTS, ...timing };
}
