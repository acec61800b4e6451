import { type CallContext, connect, RamalError, type RamalClient, type Status } from '@ramal/client';
import type { RamalPopup, StatusWord } from '../element/ramal-popup.ts';
import { awaitFirstSession } from './first-session.ts';
import { fetchSession, type Session } from './session-source.ts';
import { tell, tellOfCalls } from './tell.ts';

export interface DropInOptions {
  /** Where the CRM answers a POST with a session of its signed-in user. */
  sessionUrl: string;
  clickToDial: boolean;
  notes: boolean;
  openButton: boolean;
  theme: string | null;
  place: string | null;
}

export interface DropIn {
  readonly popup: RamalPopup;
  dial(number: unknown, context?: CallContext): Promise<{ intentId: string; callId: string }>;
}

/** Connects the page's agent and keeps the agent connected (R36). */
export function startDropIn(options: DropInOptions): DropIn {
  const popup = openPopup(options);
  const state: { status: StatusWord; reason: string | null; cti: object | null; agent: object | null } = {
    status: 'connecting',
    reason: null,
    cti: null,
    agent: null,
  };
  const tellStatus = (status: StatusWord, reason: string | null) => {
    Object.assign(state, { status, reason });
    tell('status', { ...state });
  };
  /** Why the CRM gives no token any more. */
  let refusal: string | null = null;
  const load = async () => {
    try {
      return await fetchSession(options.sessionUrl);
    } catch (error) {
      if (error instanceof RamalError && !error.retryable) refusal = error.code;
      throw error;
    }
  };

  const open = (first: Session): RamalClient => {
    let unused: Session | null = first;
    const client = connect({
      url: first.gatewayUrl,
      getToken: () => {
        const session = unused;
        unused = null;
        return session ?? load();
      },
    });
    client.on('status', (status) => {
      const word = toWord(status);
      if (word !== null) tellStatus(word, status.reason === 'token_denied' ? refusal : status.reason);
    });
    client.on('ready', ({ agent, cti }) => {
      Object.assign(state, { agent, cti });
      tell('status', { ...state });
    });
    client.on('cti', (cti) => {
      state.cti = cti;
      tell('status', { ...state });
    });
    tellOfCalls(client);
    popup.client = client;
    return client;
  };

  tellStatus('connecting', null);
  const opened = awaitFirstSession(load, () => {
    popup.sayStatus('waiting', null);
    tellStatus('waiting', null);
  }).then(open);
  opened.catch((error: unknown) => {
    const code = error instanceof RamalError ? error.code : 'internal_error';
    popup.sayStatus('refused', code);
    tellStatus('refused', code);
  });

  return {
    popup,
    dial: async (number, context) => {
      const intentId = crypto
        .getRandomValues(new Uint8Array(16))
        .reduce((id, byte) => id + byte.toString(16).padStart(2, '0'), '');
      try {
        if (popup.client === null) throw notConnected();
        const dial = await popup.dial(String(number), context, intentId);
        return { intentId: dial.intentId, callId: dial.callId ?? '' };
      } catch (error) {
        const reason = error instanceof RamalError ? error.code : 'internal_error';
        tell('dial', { state: 'refused', intentId, reason });
        throw error;
      }
    },
  };
}

function openPopup({ clickToDial, notes, openButton, theme, place }: DropInOptions): RamalPopup {
  // Not the constructor: another copy of this package may have named the element first.
  const popup = document.createElement('ramal-popup');
  popup.dataset['ramalPanel'] = '';
  Object.assign(popup, { clickToDial, notes, openButton, theme, place });
  (document.body ?? document.documentElement).append(popup);
  return popup;
}

/** In the words that CRMs know; null for what is nobody's business. */
function toWord({ state, reason }: Status): StatusWord | null {
  switch (state) {
    case 'connecting':
      return 'connecting';
    case 'connected':
      return 'online';
    case 'failed':
      return 'refused';
    case 'disconnected':
      if (reason === 'not_started' || reason === 'closed') return null;
      return reason === 'logged_out' ? 'refused' : 'waiting';
  }
}

function notConnected(): RamalError {
  return new RamalError({ code: 'not_connected', message: 'there is no connection yet', retryable: true });
}
