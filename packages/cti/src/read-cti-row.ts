import { type AnswerRules, toAnswerRules } from './answer-rules.ts';
import { createStatusMap, type StatusMap } from './call-status.ts';
import { FieldProblem, isBlank, toColumnText } from './column-text.ts';
import { assumedName, type CtiNotice, DEFAULT_RECEIVED_NAMES } from './convert-empresas.ts';
import {
  type AuthMode,
  type HttpMethod,
  type HttpProtocol,
  readAuthMode,
  readFlag,
  readLineNumber,
  readMethod,
  readPath,
  readPort,
  readProtocol,
  readType,
  readVariableName,
} from './cti-fields.ts';
import { readHost } from './cti-host.ts';
import { type CompleteCtiSettings, toNumberingSettings } from './cti-settings.ts';
import {
  CONFIGURACAO_CTI_COLUMNS,
  type ConfiguracaoCtiRow,
  type CtiField,
  readColumns,
} from './legacy-columns.ts';
import type { NumberingSettings } from './normalize-number.ts';
import type { DialDialect } from './retry-policy.ts';

/** How to read a tenant's callbacks (R26-R28) and what to answer them; JSON-safe. */
export interface CallbackMapping {
  originName: string;
  destinationName: string;
  recordingName: string;
  externalIdName: string;
  statusName: string;
  durationName: string;
  timeName: string;
  /** Also the variable of a dial's URL; "" for none. */
  callIdName: string;
  statusMap: StatusMap;
  replyBody: string;
  replyContentType: string;
}

/** A tenant's CTI, checked: every value is safe to put into a request. JSON-safe. */
export interface CtiConfig {
  /** Which table it came from (R30). */
  source: 'configuracao_cti' | 'empresas';
  authMode: AuthMode;
  method: HttpMethod;
  protocol: HttpProtocol;
  /** As configured; an IPv6 address without its brackets. */
  host: string;
  /** null: the protocol's default, not written in the URL (R6). */
  port: number | null;
  /** Without a leading slash; may hold a query (R7). */
  path: string;
  originName: string;
  destinationName: string;
  /** Goes straight before external numbers; "" for none (R22, R35). */
  linePrefix: string;
  skipIfPrefixed: boolean;
  ramalMaxDigits: number;
  /** How numbers are read and written (R34). */
  numbering: NumberingSettings;
  /** What its answers to a dial promise (I1). */
  dialect: DialDialect;
  /** How the answer to a dial is read. */
  answer: AnswerRules;
  callback: CallbackMapping;
}

/** What a row came to. With problems there is no `config`, but there always is a `callback`. */
export interface CtiRowReading {
  config: CtiConfig;
  callback: CallbackMapping;
  problems: CtiNotice[];
  warnings: CtiNotice[];
}

/** Reads every column, so that all problems are told at once. `config` holds gaps where there are problems. */
export function readCtiRow(
  row: ConfiguracaoCtiRow,
  source: CtiConfig['source'],
  settings: CompleteCtiSettings,
): CtiRowReading {
  const values = readColumns(row, CONFIGURACAO_CTI_COLUMNS);
  const problems: CtiNotice[] = [];
  const warnings: CtiNotice[] = [];
  const add = (field: CtiField, { code, message }: FieldProblem) => problems.push({ field, code, message });

  const tryTake = <T>(field: CtiField, read: (text: string) => T | FieldProblem): T | undefined => {
    const text = toColumnText(values.get(field));
    const value = text instanceof FieldProblem ? text : read(text);
    if (!(value instanceof FieldProblem)) return value;
    add(field, value);
    return undefined;
  };
  // A gap is never looked at: with a problem there is no configuration.
  const take = <T>(field: CtiField, read: (text: string) => T | FieldProblem): T => tryTake(field, read) as T;
  const takeReceivedName = (field: keyof typeof DEFAULT_RECEIVED_NAMES): string => {
    const blank = isBlank(values.get(field));
    if (blank) warnings.push(assumedName(field));
    return (blank ? undefined : tryTake(field, readVariableName)) ?? DEFAULT_RECEIVED_NAMES[field];
  };

  const { externalIdName, statusName, durationName, timeName, callIdName, replyBody, replyContentType } =
    settings;
  const callback: CallbackMapping = {
    originName: takeReceivedName('receivedOriginName'),
    destinationName: takeReceivedName('receivedDestinationName'),
    recordingName: takeReceivedName('receivedRecordingName'),
    statusMap: createStatusMap(settings.statusMap),
    externalIdName,
    statusName,
    durationName,
    timeName,
    callIdName,
    replyBody,
    replyContentType,
  };
  take('type', readType);
  const lineEnabled = take('lineEnabled', readFlag);
  const config: CtiConfig = {
    source,
    authMode: take('authMode', readAuthMode),
    method: take('method', readMethod),
    protocol: take('protocol', readProtocol),
    host: take('host', readHost),
    port: take('port', readPort),
    path: take('path', readPath),
    originName: take('originName', readVariableName),
    destinationName: take('destinationName', readVariableName),
    linePrefix: take('lineNumber', (text) => (lineEnabled ? readLineNumber(text) : '')),
    skipIfPrefixed: settings.skipIfPrefixed,
    ramalMaxDigits: settings.ramalMaxDigits,
    numbering: toNumberingSettings(settings),
    answer: toAnswerRules(settings),
    dialect: { notPlacedStatuses: settings.notPlacedStatuses, originateIdempotent: false },
    callback,
  };
  // A name that another variable has is not sent, and without our id no two requests are one.
  const isOurIdSent = ![config.originName, config.destinationName, 'token', ''].includes(callIdName);
  config.dialect.originateIdempotent = settings.originateIdempotent && isOurIdSent;
  for (const field of duplicateNames(config)) {
    add(field, new FieldProblem('duplicate_variable_name', 'another variable of the URL has the same name'));
  }
  return { config, callback, problems, warnings };
}

/** The CTI would see only one of two variables with one name; mode 3 brings a `token` of its own. */
function duplicateNames(config: CtiConfig): CtiField[] {
  const token = config.authMode === 3 ? 'token' : undefined;
  const fields: CtiField[] = [];
  if (config.originName !== undefined && config.originName === token) fields.push('originName');
  if (config.destinationName !== undefined && [config.originName, token].includes(config.destinationName)) {
    fields.push('destinationName');
  }
  return fields;
}
