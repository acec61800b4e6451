import { WireError } from '@ramal/runtime';
import type { Variable } from './read-variables.ts';
import { parseXml, type XmlElement } from './xml-elements.ts';
import { decodeXml } from './xml-text.ts';
import { toLeaves } from './xml-variables.ts';

export const SOAP_ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';

/** One call as a SOAP 1.1 envelope carries it, document or RPC style. */
export interface SoapCall {
  /** The name and namespace of the element inside the body: the reply is named after them. */
  operation: string;
  namespace: string;
  /** The leaves below the operation. */
  variables: Variable[];
  /** The leaves of the header. */
  headers: Variable[];
}

/** An envelope that SOAP 1.1 has a fault code of its own for. */
export class SoapRefusedError extends WireError {
  readonly faultCode: 'Client' | 'VersionMismatch' | 'MustUnderstand';
  constructor(faultCode: SoapRefusedError['faultCode'], message: string) {
    super('bad_request', message);
    this.faultCode = faultCode;
  }
}

/**
 * Reads a SOAP 1.1 request; namespaces may have any prefix.
 * @throws WireError `bad_request`, as SoapRefusedError where the XML is fine and the envelope is not
 */
export function parseSoapCall(body: Buffer, contentType: string): SoapCall {
  const envelope = parseXml(decodeXml(body, contentType));
  if (envelope.name !== 'Envelope') throw new SoapRefusedError('Client', 'the body is no SOAP envelope');
  if (envelope.namespace !== SOAP_ENVELOPE) {
    throw new SoapRefusedError('VersionMismatch', 'the envelope is not one of SOAP 1.1');
  }
  const header = findPart(envelope, 'Header');
  if (header?.children.some(({ mustUnderstand }) => mustUnderstand)) {
    throw new SoapRefusedError('MustUnderstand', 'no header is understood here that must be');
  }
  const operation = findPart(envelope, 'Body')?.children[0];
  if (operation === undefined) throw new SoapRefusedError('Client', 'the envelope holds no operation');
  return {
    operation: operation.name,
    namespace: operation.namespace,
    variables: toLeaves(operation),
    headers: header === undefined ? [] : toLeaves(header),
  };
}

function findPart(envelope: XmlElement, name: string): XmlElement | undefined {
  return envelope.children.find((part) => part.name === name && part.namespace === SOAP_ENVELOPE);
}
