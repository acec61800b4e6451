export type { ClientEvents, DialOptions, Popups, RamalClient, Status } from './client.ts';
export { connect } from './connect.ts';
export type { ConnectOptions } from './connect-options.ts';
export type { LinkSettings } from './connection/link-settings.ts';
export type { StatusReason, StatusState } from './connection/link-status.ts';
export type { WebSocketClass, WebSocketLike } from './connection/open-socket.ts';
export type { GetToken, TokenAnswer, TokenReason } from './connection/token-source.ts';
export type { Unsubscribe } from './emitter.ts';
export type { TabRole } from './line.ts';
export type { LiveCollection } from './live-collection.ts';
export { type ClientErrorCode, RamalError, type RamalErrorCode } from './ramal-error.ts';
export type { StateEvents } from './state/agent-state.ts';
export type { CallEvents } from './state/call-book.ts';
export type { Dial } from './state/dial.ts';
export type { DialOutcomeReason, DialState, DialStatus } from './state/dial-state.ts';
export type { PopupEvents, PopupGoneBecause, ShownPopup } from './state/shown-popup.ts';
export type {
  Agent,
  Call,
  CallContext,
  CallResult,
  CallState,
  CtiStatus,
  DialReason,
  Direction,
  HiddenBecause,
  MatchedBy,
  Peer,
  Popup,
  PopupKind,
  WireErrorCode,
} from './wire.ts';
