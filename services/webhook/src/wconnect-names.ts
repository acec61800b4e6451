/**
 * INFERRED. The manual names the three `/wconnect/` files and says nothing of what they are sent or answer
 * (R38-R40). Every name that is read beyond the tenant’s own, and every name of the SOAP replies, stands in this
 * file; the names a tenant has configured (R26-R28) always come first. Upper and lower case are the same.
 */

/** What addresses a request; none of it belongs to a call. */
export const PARAMETER_NAMES = {
  token: ['token', 'callback_token'],
  tenant: ['tenant', 'empresa'],
  ramal: ['ramal', 'extensao', 'extension'],
} as const;
export type Parameter = keyof typeof PARAMETER_NAMES;

/** What says something about a call, beside the tenant's own name for it. */
export const CALL_NAMES = {
  originName: ['origem', 'origin', 'nome_variavel_origem'],
  destinationName: ['destino', 'destination', 'nome_variavel_destino'],
  recordingName: ['audio', 'gravacao', 'recording', 'nome_variavel_audio'],
  externalIdName: ['id', 'id_ligacao', 'call_id', 'uniqueid'],
  statusName: ['status', 'situacao'],
  durationName: ['duracao', 'duration'],
  timeName: ['data_hora', 'datahora'],
} as const;
export type CallField = keyof typeof CALL_NAMES;

/** An operation as its WSDL tells it; parameters are strings that may all be left out. */
export interface SoapOperation {
  parameters: readonly string[];
  reply: readonly { name: string; type: 'string' | 'boolean' | 'dateTime' }[];
}

export const SOAP_NAMESPACE = 'urn:ramal:wconnect';

export const SOAP_OPERATIONS = {
  /** R39 */
  ConsultaRamal: {
    parameters: ['tenant', 'ramal', 'token'],
    reply: [
      { name: 'tenant', type: 'string' },
      { name: 'ramal', type: 'string' },
      { name: 'usuario', type: 'string' },
      { name: 'logado', type: 'boolean' },
      { name: 'estado', type: 'string' },
      { name: 'call_id', type: 'string' },
      { name: 'numero', type: 'string' },
      { name: 'direcao', type: 'string' },
      { name: 'inicio', type: 'dateTime' },
    ],
  },
  /** R40 */
  FinalizaLigacao: {
    parameters: [
      'tenant',
      'origem',
      'destino',
      'audio',
      'id',
      'status',
      'duracao',
      'data_hora',
      'ramal',
      'token',
    ],
    reply: [
      { name: 'resultado', type: 'string' },
      { name: 'call_id', type: 'string' },
    ],
  },
} as const satisfies Record<string, SoapOperation>;
export type SoapOperationName = keyof typeof SOAP_OPERATIONS;
