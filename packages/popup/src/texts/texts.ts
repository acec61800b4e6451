import type { CallResult, CallState, ClientErrorCode, CtiStatus, DialReason, PopupKind } from '@ramal/client';

type Word =
  | 'dialing'
  | 'calls'
  | 'dismiss'
  | 'withheld'
  | 'ramal'
  | 'recordingOf'
  | 'duration'
  | 'signInAgain'
  | 'openContact'
  | 'note'
  | 'notePlaceholder'
  | 'saveNote'
  | 'noteSaving'
  | 'noteSaved'
  | 'noteFailed'
  | 'recordingUnplayable'
  | 'openRecording'
  | 'recordingFailed'
  | 'callTime'
  | 'incomingTitle';

/** Errors of the gateway and of the host's session address that a person can do something about. */
type ToldError =
  | 'bad_frame'
  | 'bad_request'
  | 'cti_disabled'
  | 'ramal_missing'
  | 'tenant_disabled'
  | 'rate_limited'
  | 'unavailable'
  | 'internal_error'
  | 'auth_required'
  | 'auth_failed'
  | 'forbidden'
  | 'not_found'
  | 'logged_out';

type Hint = 'offline' | 'noRamal' | Exclude<CtiStatus['state'], 'ok'>;

type TextKey =
  | Word
  | `status.${'connecting' | 'online' | 'waiting' | 'refused'}`
  | `kind.${PopupKind}`
  | `direction.${'inbound' | 'outbound' | 'internal' | 'unknown'}`
  | `state.${CallState}`
  | `result.${CallResult}`
  | `reason.${DialReason}`
  | `error.${ToldError | ClientErrorCode}`
  | `hint.${Hint}`;

/** All words of the pop-ups in one language. A code that the SDK learns and that has no words here breaks the build. */
export type Texts = Record<TextKey, string>;
