import { reduceCall } from '@ramal/calls';
import { type CallView, errorResponse } from '@ramal/contracts';
import { expect } from 'vitest';
import { parseSoapCall } from '../src/soap-envelope.ts';
import { TOKENS, type TestWebhook } from './open-test-webhook.ts';

export const MONITOR = 'WConnect_MonitoraRamal.php';
export const LOOKUP = 'WConnect_WSDL_ConsultaRamal.php';
export const FINISH = 'WConnect_WSDL_FinalizaLigacao.php';

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  json: any; // oxlint-disable-line typescript/no-explicit-any
}

export interface Asking {
  method?: 'GET' | 'POST' | 'HEAD';
  headers?: Record<string, string>;
  payload?: string | Buffer;
}

/** Speaks to a webhook as the callers of `/wconnect/*` do. */
export interface WconnectCaller {
  ask(url: string, asking?: Asking): Promise<Answer>;
  /** One of the three files, with demo's token in the address. */
  demo(file: string, query?: string): Promise<Answer>;
  soap(url: string, payload: string | Buffer, headers?: Record<string, string>): Promise<Answer>;
  /** The live calls of an extension with one far end. */
  callsOf(tenant: string, ramal: string, peer: string): Promise<CallView[]>;
}

export function createWconnectCaller(webhook: TestWebhook): WconnectCaller {
  const ask: WconnectCaller['ask'] = async (url, { method, headers = {}, payload } = {}) => {
    const response = await webhook.app.inject({
      method: method ?? (payload === undefined ? 'GET' : 'POST'),
      url,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    const isJson = String(response.headers['content-type']).startsWith('application/json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      json: isJson && response.body !== '' ? JSON.parse(response.body) : null,
    };
  };
  return {
    ask,
    demo: (file, query = '') => ask(`/wconnect/${TOKENS.demo}/${file}?${query}`),
    soap: (url, payload, headers = {}) =>
      ask(url, { payload, headers: { 'content-type': 'text/xml; charset=utf-8', ...headers } }),
    callsOf: async (tenant, ramal, peer) => {
      const { calls } = await webhook.bus.view({ tenant, ramal });
      return calls.map(({ events }) => reduceCall(events)).filter((call) => call.peer.raw === peer);
    },
  };
}

let nextPeer = 47_800_000_000;
/** A far end that no other test of the file has called. */
export const newPeer = () => String((nextPeer += 1));

/** An envelope as PHP writes them. */
export const envelope = (operation: string, fields: Record<string, string>, header = '') =>
  `<?xml version="1.0" encoding="UTF-8"?>
  <SOAP-ENV:Envelope xmlns:SOAP-ENV="http://schemas.xmlsoap.org/soap/envelope/" xmlns:ns1="urn:ramal:wconnect">
    <SOAP-ENV:Header>${header}</SOAP-ENV:Header><SOAP-ENV:Body><ns1:${operation}>
    ${Object.entries(fields)
      .map(([name, value]) => `<ns1:${name}>${value}</ns1:${name}>`)
      .join('')}
    </ns1:${operation}></SOAP-ENV:Body></SOAP-ENV:Envelope>`;

/** The reply's operation and its leaves. */
export function readReply(answer: Answer): { operation: string; fields: Record<string, string> } {
  expect(answer.headers['content-type']).toBe('text/xml; charset=utf-8');
  const { operation, variables } = parseSoapCall(Buffer.from(answer.text), 'text/xml');
  return { operation, fields: Object.fromEntries(variables) };
}

export function expectFault(answer: Answer, faultcode: string, code: string): void {
  const { operation, fields } = readReply(answer);
  expect([answer.status, operation, fields['faultcode'], fields['code']]).toEqual([
    500,
    'Fault',
    faultcode,
    code,
  ]);
  expect(answer.text).not.toMatch(/node_modules|\.ts:\d/);
}

export function expectError(answer: Answer, status: number, code: string): void {
  expect([answer.status, answer.json?.error?.code]).toEqual([status, code]);
  expect(errorResponse.strict().parse(answer.json)).toEqual(answer.json);
}
