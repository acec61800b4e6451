import { byId, element } from './element.js';
import { text, toDateText } from './language.js';

/** The list of contacts. @param onOpen called with a contact that a person chose */
export function showContacts(contacts, openId, onOpen) {
  const list = byId('contacts');
  list.replaceChildren(...contacts.map((contact) => toItem(contact, contact.id === openId, onOpen)));
  byId('contacts-empty').hidden = contacts.length > 0;
}

function toItem(contact, isOpen, onOpen) {
  const attributes = { type: 'button', class: 'contact-link', ...(isOpen ? { 'aria-current': 'true' } : {}) };
  const open = element(
    'button',
    attributes,
    element('span', { class: 'avatar', 'aria-hidden': 'true' }, toInitials(contact.name)),
    element('span', {}, element('strong', {}, contact.name), element('small', {}, contact.company)),
  );
  open.addEventListener('click', () => onOpen(contact));
  return element('li', {}, open);
}

/** Nobody is open yet. */
export function showNoContact() {
  fill(title(text('noContactTitle')), element('p', { class: 'empty' }, text('noContact')));
}

/** A contact with numbers that dial: `data-ramal-dial` is all that they need. */
export function showContact(contact, notes) {
  const numbers = contact.numbers.map((number) =>
    element(
      'li',
      {},
      element('span', { class: 'number' }, toShown(number)),
      element(
        'button',
        {
          type: 'button',
          'data-ramal-dial': number,
          'aria-label': text('callTo', { name: contact.name, number }),
        },
        text('callNow'),
      ),
    ),
  );
  const written = notes.map(({ at, text: words }) =>
    element('li', {}, element('small', {}, toDateText(at)), element('p', {}, words)),
  );
  fill(
    element(
      'div',
      { class: 'contact-head' },
      element('span', { class: 'avatar large', 'aria-hidden': 'true' }, toInitials(contact.name)),
      element('div', {}, title(contact.name), element('p', { class: 'faint' }, contact.company)),
    ),
    element('ul', { class: 'numbers' }, ...numbers),
    element('h3', {}, text('notes')),
    written.length > 0
      ? element('ul', { class: 'notes' }, ...written)
      : element('p', { class: 'empty' }, text('noNotes')),
  );
}

/** A number that nobody has: the contact may be made of it. @param onAdd called with name, company and number */
export function showNewContact(number, onAdd) {
  const field = (name, label, attributes) => {
    const id = `new-${name}`;
    return [
      element('label', { for: id }, text(label)),
      element('input', { id, name, autocomplete: 'off', ...attributes }),
    ];
  };
  const form = element(
    'form',
    {},
    ...field('name', 'newName', { required: '', maxlength: '80' }),
    ...field('company', 'newCompany', { maxlength: '80' }),
    ...field('number', 'newNumber', { type: 'tel', required: '', maxlength: '30', value: number }),
    element('button', { type: 'submit' }, text('addContact')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const valueOf = (id) => byId(id).value.trim();
    onAdd({ name: valueOf('new-name'), company: valueOf('new-company'), number: valueOf('new-number') });
  });
  fill(title(text('newContact')), element('p', { class: 'faint' }, text('unknownNumber', { number })), form);
}

function fill(...children) {
  byId('contact').replaceChildren(...children);
}

function title(words) {
  return element('h2', { id: 'contact-title' }, words);
}

function toInitials(name) {
  const [first = '', second = ''] = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  return `${first.slice(0, 1)}${second.slice(0, 1)}`.toUpperCase();
}

/** Brazilian numbers as people there write them; any other as it is. */
function toShown(number) {
  const [, area, start, end] = /^(\d\d)(\d{4,5})(\d{4})$/.exec(number) ?? [];
  return area === undefined ? number : `(${area}) ${start}-${end}`;
}
