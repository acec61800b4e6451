import { WireError } from '@ramal/runtime';
import {
  SOAP_NAMESPACE,
  SOAP_OPERATIONS,
  type SoapOperation,
  type SoapOperationName,
} from './wconnect-names.ts';
import { escapeXml } from './xml-escape.ts';

/**
 * The WSDL 1.1 of one operation (R39, R40). Document/literal wrapped, so that parameters go by name and may be left
 * out; PHP's SoapClient takes them as one array.
 * @param address where the operation is called
 */
export function toWsdl(name: SoapOperationName, address: string): string {
  const { parameters, reply }: SoapOperation = SOAP_OPERATIONS[name];
  const requested = parameters.map(
    (parameter) => `<xsd:element name="${parameter}" type="xsd:string" minOccurs="0"/>`,
  );
  const replied = reply.map(
    (field) => `<xsd:element name="${field.name}" type="xsd:${field.type}" nillable="true"/>`,
  );
  const element = (of: string, fields: string[]) =>
    `<xsd:element name="${of}"><xsd:complexType><xsd:sequence>${fields.join('')}</xsd:sequence></xsd:complexType></xsd:element>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<definitions name="${name}" targetNamespace="${SOAP_NAMESPACE}" xmlns="http://schemas.xmlsoap.org/wsdl/"
  xmlns:tns="${SOAP_NAMESPACE}" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <types>
    <xsd:schema targetNamespace="${SOAP_NAMESPACE}" elementFormDefault="qualified">
      ${element(name, requested)}
      ${element(`${name}Response`, replied)}
    </xsd:schema>
  </types>
  <message name="${name}Request"><part name="parameters" element="tns:${name}"/></message>
  <message name="${name}Response"><part name="parameters" element="tns:${name}Response"/></message>
  <portType name="${name}PortType">
    <operation name="${name}">
      <input message="tns:${name}Request"/>
      <output message="tns:${name}Response"/>
    </operation>
  </portType>
  <binding name="${name}Binding" type="tns:${name}PortType">
    <soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="${name}">
      <soap:operation soapAction="${SOAP_NAMESPACE}#${name}"/>
      <input><soap:body use="literal"/></input>
      <output><soap:body use="literal"/></output>
    </operation>
  </binding>
  <service name="${name}Service">
    <port name="${name}Port" binding="tns:${name}Binding">
      <soap:address location="${escapeXml(address)}"/>
    </port>
  </service>
</definitions>
`;
}

const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,252})|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/**
 * Where callers reach the webhook: what was configured, else what they have called it.
 * @throws WireError `bad_request` for a Host header that is no host
 */
export function toBaseUrl(publicUrl: string | undefined, hostHeader: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  if (hostHeader === undefined || !HOST.test(hostHeader)) {
    throw new WireError('bad_request', 'the Host header is no host');
  }
  return `http://${hostHeader}`;
}
