import type { RamalClient } from '@ramal/client';

/** Tells the page by an event on `document`. The names and details are what CRMs are written against. */
export function tell(subject: 'status' | 'popup' | 'call' | 'dial', detail: object): void {
  document.dispatchEvent(new CustomEvent(`ramal:${subject}`, { detail }));
}

/** `ramal:popup`, `ramal:call` and `ramal:dial`, as the client hears of them. */
export function tellOfCalls(client: RamalClient): void {
  client.on('popup.show', ({ popup, standing }) =>
    tell('popup', { change: 'show', popup, standing, claimed: popup.claimed }),
  );
  client.on('popup.update', ({ popup }) =>
    tell('popup', { change: 'update', popup, standing: false, claimed: popup.claimed }),
  );
  client.on('popup.hide', ({ popup, because }) =>
    tell('popup', { change: 'hide', popup, standing: false, because }),
  );
  client.on('popup.claim', ({ popup: { popupId, claimed } }) =>
    tell('popup', { change: 'claim', popupId, claimed }),
  );
  for (const change of ['created', 'answered', 'ended', 'updated'] as const) {
    client.on(`call.${change}`, ({ call }) => tell('call', { change, callId: call.callId, call }));
  }
  client.on('recording.ready', ({ callId, recording }) =>
    tell('call', { change: 'recording', callId, recording }),
  );
  client.on('dial', ({ state, intentId, callId, reason }) =>
    tell('dial', {
      // A dial that was taken back failed because of that: its reason says so.
      state: state === 'canceled' ? 'failed' : state,
      intentId,
      callId,
      ...(reason === null ? {} : { reason }),
    }),
  );
}
