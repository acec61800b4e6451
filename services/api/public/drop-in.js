import { AgentSession } from './agent-session.js';
import { listenForDials } from './click-to-dial.js';
import { openPanel } from './drop-in-panel.js';
import { GatewayConnection } from './gateway-connection.js';
import { requestJson } from './http.js';
import { newIntentId } from './intent-id.js';
import { errorText, preferLanguage, text } from './language.js';
import { PopupCards } from './popup-cards.js';

/** Connects the page's agent and keeps it connected; what the page may use is returned. */
export function startDropIn({ sessionUrl }) {
  preferLanguage(document.documentElement.lang);
  const panel = openPanel();
  const state = { status: 'connecting', reason: null, cti: null, agent: null };

  const popups = new PopupCards({
    ...panel,
    onDismiss: (popupId) => connection.request('popup.dismiss', { popupId }),
    onSeen: (popupId) => connection.request('popup.seen', { popupId }),
  });
  const clicks = listenForDials({
    isReady: () => state.status === 'online' && state.cti?.enabled === true,
    // The panel says what went wrong.
    dial: (number) => void dial(number).catch(() => undefined),
  });
  const connection = new GatewayConnection({
    // A JSON body: a page of another origin can't send one with the user's cookie.
    session: new AgentSession(() => requestJson(sessionUrl, { method: 'POST', body: {} })),
    onEvent: receive,
    onStatus: (status, reason = null) => {
      Object.assign(state, { status, reason });
      panel.sayStatus(status, reason);
      tell('status', { ...state });
    },
  });
  connection.start();

  function receive(event) {
    popups.receive(event);
    const { op, data } = event;
    switch (op) {
      case 'ready':
        Object.assign(state, { cti: data.cti, agent: data.agent });
        clicks.setHidden(isOff(data.cti));
        tell('status', { ...state });
        tellStanding(data);
        break;
      case 'resync':
        tellStanding(data);
        break;
      case 'popup.claim':
        tell('popup', { change: 'claim', ...data });
        break;
      case 'cti.status':
        state.cti = data;
        clicks.setHidden(isOff(data));
        tell('status', { ...state });
        break;
      case 'recording.ready':
        tell('call', { change: 'recording', callId: data.callId, recording: data.recording });
        break;
      default:
        tellOther(event);
    }
  }

  async function dial(number, context) {
    const intentId = newIntentId();
    const to = String(number);
    panel.say(text('dialing'));
    try {
      const data = context === undefined ? { intentId, to } : { intentId, to, context };
      const answer = await connection.request('dial', data);
      panel.say('');
      return answer;
    } catch (error) {
      panel.say(errorText(error), 'problem');
      tell('dial', { state: 'refused', intentId, reason: error.code });
      throw error;
    }
  }

  return { dial };
}

/** Pop-ups that stood before the page did: a CRM that opens a record for a pop-up may leave these out. */
function tellStanding({ popups, claimed = [] }) {
  for (const popup of popups) {
    tell('popup', { change: 'show', popup, standing: true, claimed: claimed.includes(popup.popupId) });
  }
}

/** Buttons that only wait for the connection stay where they are. */
function isOff({ enabled, state }) {
  return !enabled && state !== 'unavailable';
}

/** `popup.*`, `call.*` and `dial.*`; whatever is newer than this script is nobody's business here. */
function tellOther({ op, data, claimed }) {
  const [, subject, change] = /^(popup|call|dial)\.(\w+)$/.exec(op) ?? [];
  if (subject === 'popup') {
    const claim = claimed === undefined ? {} : { claimed };
    tell('popup', { change, popup: data, standing: false, ...claim });
  }
  if (subject === 'call') tell('call', { change, callId: data.callId, call: data });
  if (subject === 'dial') tell('dial', { state: change, ...data });
}

function tell(subject, detail) {
  document.dispatchEvent(new CustomEvent(`ramal:${subject}`, { detail }));
}
