import { CallHistory } from './call-history.js';
import { byId, setNotice, setText } from './element.js';
import { GatewayConnection } from './gateway-connection.js';
import { requestJson } from './http.js';
import { newIntentId } from './intent-id.js';
import { codeText, errorText, text } from './language.js';
import { PopupCards } from './popup-cards.js';

/** What a signed-in agent works with. The page has one desk; agents take turns at it. */
export class AgentDesk {
  #connection = null;
  #history = null;
  #agent = null;
  #status = 'waiting';
  #cti = null;
  #canSimulate;
  #popups = new PopupCards({
    list: byId('popups'),
    empty: byId('popups-empty'),
    heading: byId('popups-title'),
    onDismiss: (popupId) => this.#connection.request('popup.dismiss', { popupId }),
    onSeen: (popupId) => this.#connection.request('popup.seen', { popupId }),
  });

  /** @param canSimulate whether incoming calls can be played */
  constructor({ canSimulate }) {
    this.#canSimulate = canSimulate;
    onSubmit('dial-form', () => this.#dial());
    onSubmit('incoming-form', () => this.#simulate());
  }

  /** Takes the agent of a session on. */
  open(session, agent) {
    this.#agent = agent;
    this.#cti = null;
    this.#history = new CallHistory({ session, body: byId('history'), notice: byId('history-notice') });
    byId('incoming').hidden = !this.#canSimulate;
    byId('incoming-button').disabled = agent.ramal === null;
    setNotice(byId('incoming-notice'), agent.ramal === null ? text('hint.noRamal') : '');
    this.#connection = new GatewayConnection({
      session,
      onEvent: (event) => this.#receive(event),
      onStatus: (status, reason) => this.#showStatus(status, reason),
    });
    this.#connection.start();
    this.#refreshHistory();
  }

  close() {
    this.#connection?.stop();
    this.#popups.replaceAll([]);
    this.#history?.clear();
    this.#showStatus('waiting');
    setText(byId('status'), '');
  }

  #receive(event) {
    this.#popups.receive(event);
    const { op, data } = event;
    switch (op) {
      case 'ready':
        this.#cti = data.cti;
        this.#refreshDial();
        if (data.resume.status !== 'fresh') this.#refreshHistory();
        break;
      case 'resync':
        this.#refreshHistory();
        break;
      case 'cti.status':
        this.#cti = data;
        this.#refreshDial();
        break;
      case 'call.ended':
        this.#refreshHistory((call) => call.callId === data.callId && call.state === 'ended');
        break;
      case 'recording.ready':
        this.#refreshHistory((call) => call.callId === data.callId && call.recording !== null);
        break;
      default: // events this page has no use for, or that are newer than it
    }
  }

  #refreshHistory(isAwaited) {
    const isThere = isAwaited === undefined ? undefined : (calls) => calls.some(isAwaited);
    this.#history.refresh(isThere).catch(() => undefined); // says itself what failed
  }

  #showStatus(status, reason) {
    this.#status = status;
    const node = byId('status');
    node.dataset.state = status;
    const why = status === 'refused' ? ` · ${codeText('error', reason, text('signInAgain'))}` : '';
    setText(node, `${codeText('status', status)}${why}`);
    this.#refreshDial();
  }

  /** The dial button says why it is off. */
  #refreshDial() {
    const hint = this.#toHint();
    byId('dial-button').disabled = hint !== null;
    setNotice(byId('dial-notice'), hint ?? '');
  }

  #toHint() {
    if (this.#status !== 'online') return text('hint.offline');
    if (this.#cti?.enabled === false) return codeText('hint', this.#cti.state);
    return this.#agent?.ramal === null ? text('hint.noRamal') : null;
  }

  async #dial() {
    const button = byId('dial-button');
    // Enter in the field gets here even when the button is off.
    if (button.disabled) return;
    const notice = byId('dial-notice');
    const input = byId('number');
    button.disabled = true;
    setNotice(notice, text('dialing'));
    try {
      await this.#connection.request('dial', { intentId: newIntentId(), to: input.value });
      input.value = '';
      this.#refreshDial();
    } catch (error) {
      this.#refreshDial();
      setNotice(notice, errorText(error), 'problem');
    }
  }

  async #simulate() {
    const notice = byId('incoming-notice');
    const { tenant, ramal } = this.#agent;
    if (ramal === null) return;
    try {
      const body = { tenant, ramal, from: byId('caller').value };
      await requestJson('/demo/incoming', { method: 'POST', body });
      setNotice(notice, text('ringing', { ramal }));
    } catch (error) {
      setNotice(notice, errorText(error), 'problem');
    }
  }
}

/** @param handle tells the user itself what fails */
function onSubmit(formId, handle) {
  byId(formId).addEventListener('submit', (event) => {
    event.preventDefault();
    void handle();
  });
}
