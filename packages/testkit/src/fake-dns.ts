import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** What a DNS server says of one name. A family that is left out has no addresses. */
export interface FakeDnsName {
  a?: readonly string[];
  aaaa?: readonly string[];
  /** The name is another name of this one, whose addresses these are. */
  cname?: string;
  /** Seconds; 60 where it is left out. */
  ttl?: number;
  /** An error code instead, such as 2 for SERVFAIL. */
  rcode?: number;
  /** Queries of these types get no answer at all. */
  mute?: readonly ('A' | 'AAAA')[];
}

/** A real DNS server over UDP whose names a test decides. */
export interface FakeDns {
  /** `127.0.0.1:port`, as `setServers` takes it. */
  readonly server: string;
  /** Every question that came, oldest first. */
  readonly questions: readonly { name: string; type: string }[];
  /** Names that were never set do not exist. */
  set(name: string, answer: FakeDnsName): void;
  /** From now on the server hears nothing, or does again. */
  silence(silent: boolean): void;
  close(): Promise<void>;
}

const TYPES: Record<number, string> = { 1: 'A', 28: 'AAAA' };
const HEADER_BYTES = 12;
const NXDOMAIN = 3;

/** Starts a DNS server on a free UDP port of 127.0.0.1. */
export async function startFakeDns(): Promise<FakeDns> {
  const names = new Map<string, FakeDnsName>();
  const questions: { name: string; type: string }[] = [];
  let silent = false;
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query);
    questions.push({ name, type });
    const known = names.get(name);
    const mute = known?.mute?.some((muteType) => muteType === type) ?? false;
    if (!silent && !mute) socket.send(toResponse(query, end, type, known), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    questions,
    set(name, answer) {
      names.set(name.toLowerCase(), answer);
    },
    silence(on) {
      silent = on;
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function readQuestion(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = query[at] ?? 0;
    at += 1;
    if (length === 0) break;
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  const type = query.readUInt16BE(at);
  return { name: labels.join('.').toLowerCase(), type: TYPES[type] ?? String(type), end: at + 4 };
}

function toResponse(
  query: Buffer,
  questionEnd: number,
  type: string,
  known: FakeDnsName | undefined,
): Buffer {
  const addresses = (type === 'A' ? known?.a : type === 'AAAA' ? known?.aaaa : undefined) ?? [];
  const rcode = known === undefined ? NXDOMAIN : (known.rcode ?? 0);
  const alias = known?.cname;
  const owner = alias === undefined ? QUESTION_NAME : toName(alias);
  const found = addresses.map((address) => toRecord(owner, address, known?.ttl ?? 60));
  const chain = alias === undefined ? found : [toCnameRecord(alias, known?.ttl ?? 60), ...found];
  const answers = rcode === 0 ? chain : [];
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // An answer, recursion asked for and available.
  header.writeUInt16BE(0x8180 | rcode, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, questionEnd), ...answers]);
}

/** A pointer to the name in the question. */
const QUESTION_NAME = Buffer.from([0xc0, HEADER_BYTES]);
const [A, CNAME, AAAA] = [1, 5, 28];

function toRecord(owner: Buffer, address: string, ttl: number): Buffer {
  return isIPv4(address)
    ? toResource(owner, A, ttl, Buffer.from(address.split('.').map(Number)))
    : toResource(owner, AAAA, ttl, toIpv6Bytes(address));
}

const toCnameRecord = (name: string, ttl: number) => toResource(QUESTION_NAME, CNAME, ttl, toName(name));

function toResource(owner: Buffer, type: number, ttl: number, data: Buffer): Buffer {
  const fields = Buffer.alloc(10);
  fields.writeUInt16BE(type, 0);
  fields.writeUInt16BE(1, 2);
  fields.writeUInt32BE(ttl, 4);
  fields.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, fields, data]);
}

function toName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label, 'latin1')]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function toIpv6Bytes(address: string): Buffer {
  const [head = '', tail] = address.split('::');
  const toWords = (part: string | undefined) =>
    part === undefined || part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [toWords(head), toWords(tail)];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  const bytes = Buffer.alloc(16);
  for (const [i, word] of [...before, ...zeros, ...after].entries()) bytes.writeUInt16BE(word, i * 2);
  return bytes;
}
