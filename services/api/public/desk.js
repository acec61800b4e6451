import { CallHistory } from './call-history.js';
import { connect } from './ramal-popup.js';
import { Contacts } from './contacts.js';
import { showContact, showContacts, showNewContact, showNoContact } from './contact-views.js';
import { byId, setNotice, setText } from './element.js';
import { requestJson } from './http.js';
import { codeText, errorText, text } from './language.js';

const STATUS = { connecting: 'connecting', connected: 'online', disconnected: 'waiting', failed: 'refused' };

/** What a signed-in agent works with. The page has one desk; agents take turns at it. */
export class Desk {
  #client = null;
  #history = null;
  #contacts = null;
  #agent = null;
  #open = { kind: 'none' };
  #canSimulate;
  #onLeft;
  #popups = byId('popups');

  /**
   * @param canSimulate whether incoming calls can be played
   * @param onLeft called when the agent has signed out
   */
  constructor({ canSimulate, onLeft }) {
    this.#canSimulate = canSimulate;
    this.#onLeft = onLeft;
    onSubmit('dial-form', () => this.#dial(byId('number').value));
    onSubmit('incoming-form', () => this.#simulate());
    byId('search').addEventListener('input', () => this.#showList());
    byId('notify').addEventListener('click', () => void this.#askForNotifications());
    this.#popups.nameOf = ({ peer }) => this.#contacts?.byNumber(peer.raw)?.name;
    this.#popups.screenPop = ({ number }) => this.#openNumber(number);
    this.#popups.addEventListener('ramal-note', ({ detail }) => this.#keepNote(detail));
  }

  /** Takes the agent of a session on. */
  async open(session, agent) {
    this.#agent = agent;
    const { gatewayUrl } = await session.get();
    this.#contacts = new Contacts(agent.tenant);
    this.#history = new CallHistory({
      session,
      body: byId('history'),
      notice: byId('history-notice'),
      nameOf: (number) => this.#contacts.byNumber(number)?.name ?? null,
    });
    byId('incoming').hidden = !this.#canSimulate;
    byId('incoming-button').disabled = agent.ramal === null;
    setNotice(byId('incoming-notice'), agent.ramal === null ? text('noRamalToCall') : '');
    this.#showNotify();
    this.#show({ kind: 'none' });
    this.#client = connect({
      url: gatewayUrl,
      getToken: ({ reason }) => (reason === 'connect' ? session.get() : session.renew()),
    });
    this.#listen(this.#client);
    this.#popups.client = this.#client;
    this.#refreshHistory();
  }

  /** Here and on all pages of this browser where the agent is signed in. */
  signOut() {
    const client = this.#client;
    // Without a connection nobody is told, and this page leaves all the same.
    client.logout().catch(() => this.#leave(client));
  }

  #listen(client) {
    client.on('status', (status) => {
      this.#refreshDial();
      if (status.reason === 'logged_out') this.#leave(client);
    });
    client.on('ready', ({ resume }) => {
      this.#refreshDial();
      if (resume !== 'fresh') this.#refreshHistory();
    });
    client.on('cti', () => this.#refreshDial());
    client.on('resync', () => this.#refreshHistory());
    client.on('call.ended', ({ call: { callId } }) =>
      this.#refreshHistory((call) => call.callId === callId && call.state === 'ended'),
    );
    client.on('recording.ready', ({ callId }) =>
      this.#refreshHistory((call) => call.callId === callId && call.recording !== null),
    );
  }

  #leave(client) {
    if (client !== this.#client) return;
    client.close();
    this.#client = null;
    this.#popups.client = null;
    this.#history.clear();
    setText(byId('status'), '');
    byId('notify').hidden = true;
    this.#onLeft();
  }

  #refreshHistory(isAwaited) {
    const isThere = isAwaited === undefined ? undefined : (calls) => calls.some(isAwaited);
    this.#history.refresh(isThere).catch(() => undefined); // says itself what failed
  }

  /** The dial button says why it is off, and the head of the page how the connection is. */
  #refreshDial() {
    const { status, cti } = this.#client;
    const word = STATUS[status.state];
    const node = byId('status');
    node.dataset.state = word;
    const why = word === 'refused' ? ` · ${codeText('error', status.reason, text('signInAgain'))}` : '';
    setText(node, `${codeText('status', word)}${why}`);
    const hint = this.#toHint(status, cti);
    byId('dial-button').disabled = hint !== null;
    setNotice(byId('dial-notice'), hint ?? '');
  }

  #toHint({ state }, cti) {
    if (state !== 'connected') return codeText('hint', 'offline');
    if (cti?.enabled === false) return codeText('hint', cti.state);
    return this.#agent.ramal === null ? codeText('hint', 'noRamal') : null;
  }

  async #dial(number) {
    const button = byId('dial-button');
    // Enter in the field gets here even when the button is off.
    if (button.disabled) return;
    button.disabled = true;
    try {
      await this.#popups.dial(number);
      byId('number').value = '';
      this.#refreshDial();
    } catch (error) {
      this.#refreshDial();
      setNotice(byId('dial-notice'), errorText(error), 'problem');
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

  /** The screen pop: whoever is calling is on the screen before the agent answers. */
  #openNumber(number) {
    const contact = this.#contacts.byNumber(number);
    if (contact !== null) this.#show({ kind: 'contact', id: contact.id });
    else if (number !== '') this.#show({ kind: 'new', number });
  }

  #show(open) {
    this.#open = open;
    this.#showList();
    const contact = open.kind === 'contact' ? this.#contacts.byId(open.id) : null;
    if (contact !== null) showContact(contact, this.#contacts.notesOf(contact.id));
    else if (open.kind === 'new') showNewContact(open.number, (given) => this.#add(given));
    else showNoContact();
  }

  #showList() {
    const found = this.#contacts?.search(byId('search').value) ?? [];
    showContacts(found, this.#open.id, ({ id }) => this.#show({ kind: 'contact', id }));
  }

  #add(given) {
    const { id } = this.#contacts.add(given);
    this.#show({ kind: 'contact', id });
    byId('contact').focus();
    this.#refreshHistory();
  }

  #keepNote({ popup, text: words }) {
    const contact = this.#contacts.byNumber(popup.peer.raw);
    if (contact === null) return;
    this.#contacts.addNote(contact.id, words);
    if (this.#open.id === contact.id) this.#show(this.#open);
  }

  async #askForNotifications() {
    await this.#popups.askForNotifications();
    this.#showNotify();
  }

  #showNotify() {
    byId('notify').hidden = typeof Notification === 'undefined' || Notification.permission !== 'default';
  }
}

/** @param handle tells the user itself what fails */
function onSubmit(formId, handle) {
  byId(formId).addEventListener('submit', (event) => {
    event.preventDefault();
    void handle();
  });
}
