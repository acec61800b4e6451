import type { WireError } from '@ramal/runtime';
import { SOAP_ENVELOPE, type SoapCall, SoapRefusedError } from './soap-envelope.ts';
import { escapeXml } from './xml-escape.ts';

export const SOAP_CONTENT_TYPE = 'text/xml; charset=utf-8';

/** What an operation answers, by the names of its reply; null is told as `xsi:nil`. */
export type ReplyFields = Readonly<Record<string, string | boolean | null>>;

/** A reply in the name and namespace that the caller has called. */
export function toSoapReply(call: Pick<SoapCall, 'operation' | 'namespace'>, fields: ReplyFields): string {
  const name = `${call.operation}Response`;
  const children = Object.entries(fields).map(([field, value]) =>
    value === null ? `<${field} xsi:nil="true"/>` : `<${field}>${escapeXml(String(value))}</${field}>`,
  );
  return toEnvelope(`<${name} xmlns="${escapeXml(call.namespace)}">${children.join('')}</${name}>`);
}

/** A SOAP 1.1 fault; its detail carries the stable code, and nothing else of the error but its message. */
export function toSoapFault(error: WireError): string {
  const code = error instanceof SoapRefusedError ? error.faultCode : error.retryable ? 'Server' : 'Client';
  return toEnvelope(
    `<soap:Fault><faultcode>soap:${code}</faultcode><faultstring>${escapeXml(error.message)}</faultstring>` +
      `<detail><code>${escapeXml(error.code)}</code></detail></soap:Fault>`,
  );
}

function toEnvelope(body: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<soap:Envelope xmlns:soap="${SOAP_ENVELOPE}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
    `<soap:Body>${body}</soap:Body></soap:Envelope>`
  );
}
