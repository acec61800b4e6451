/** The demo's customers. The people and companies are made up. */
const DEMO_CONTACTS = [
  { id: 'mariana', name: 'Mariana Alves', company: 'Alves Arquitetura', numbers: ['47999990000'] },
  {
    id: 'padaria',
    name: 'Padaria São João',
    company: 'João Batista',
    numbers: ['4732100123', '47988880123'],
  },
  { id: 'oficina', name: 'Oficina do Zé & Filhos', company: 'José Pereira', numbers: ['4732100456'] },
  { id: 'clinica', name: 'Clínica Vida', company: 'Dra. Helena Costa', numbers: ['11987654321'] },
  { id: 'techsul', name: 'Tech Sul', company: 'Rafael Nunes', numbers: ['4833330199'] },
];
/** A prefix, a country or a missing area code make no other number of these last digits. */
const SAME_DIGITS = 8;

/**
 * The contacts of one company, and what was written about them. They are kept in this browser: a CRM has a database for it.
 */
export class Contacts {
  #key;
  #added;
  #notes;

  /** @param {string} tenant */
  constructor(tenant) {
    this.#key = `ramal.crm.${tenant}`;
    const { added = [], notes = {} } = this.#read();
    this.#added = Array.isArray(added) ? added : [];
    this.#notes = new Map(Object.entries(notes));
  }

  get all() {
    return [...DEMO_CONTACTS, ...this.#added];
  }

  /** Those with this text in their name, company or numbers. */
  search(text) {
    const wanted = text.trim().toLowerCase();
    const digits = toDigits(wanted);
    return this.all.filter(
      ({ name, company, numbers }) =>
        `${name} ${company}`.toLowerCase().includes(wanted) ||
        (digits !== '' && numbers.some((number) => number.includes(digits))),
    );
  }

  byId(id) {
    return this.all.find((contact) => contact.id === id) ?? null;
  }

  /** Whose number this is; null when nobody's. */
  byNumber(number) {
    const end = toDigits(number).slice(-SAME_DIGITS);
    if (end.length < SAME_DIGITS) return null;
    return this.all.find(({ numbers }) => numbers.some((one) => one.endsWith(end))) ?? null;
  }

  add({ name, company, number }) {
    const contact = { id: `added-${Date.now()}`, name, company, numbers: [toDigits(number)] };
    this.#added.push(contact);
    this.#write();
    return contact;
  }

  /** What was written about a contact, the latest first. */
  notesOf(id) {
    return this.#notes.get(id) ?? [];
  }

  addNote(id, text) {
    this.#notes.set(id, [{ at: Date.now(), text }, ...this.notesOf(id)].slice(0, 50));
    this.#write();
  }

  #read() {
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? '{}') ?? {};
    } catch {
      return {};
    }
  }

  #write() {
    const kept = { added: this.#added, notes: Object.fromEntries(this.#notes) };
    localStorage.setItem(this.#key, JSON.stringify(kept));
  }
}

function toDigits(number) {
  return String(number).replace(/\D/g, '');
}
