import type { RoleService } from '@ramal/contracts';

type Privilege = 'select' | 'insert' | 'update' | 'delete';

/** What a service may do with a table, or with some columns of it. */
export interface TableRight {
  table: string;
  privilege: Privilege;
  /** Absent: of the whole table. */
  columns?: readonly string[];
}

export interface ServiceRights {
  tables: readonly TableRight[];
  /** Functions it may call, with their argument types. */
  functions?: readonly string[];
}

const may = (table: string, ...privileges: Privilege[]): TableRight[] =>
  privileges.map((privilege) => ({ table, privilege }));
const mayColumns = (table: string, privilege: Privilege, columns: readonly string[]): TableRight[] => [
  { table, privilege, columns },
];

const COMPANY = ['empresa_id', 'nome', 'tenant', 'ativo', 'vip', 'host', 'nome_banco', 'senha_banco'];
const USER = ['tenant', 'user_name', 'display_name', 'ramal', 'active'];

/**
 * Every service knows the companies, their users and their configuration, and opens the databases of those that have one of
 * their own (R42): so it reads senha_banco, and seals it where it is plain.
 */
const DIRECTORY: readonly TableRight[] = [
  ...mayColumns('wl_chamados_empresa', 'select', COMPANY),
  ...mayColumns('wl_chamados_empresa', 'update', ['senha_banco']),
  ...mayColumns('agents', 'select', USER),
  ...may('empresas', 'select'),
  ...may('configuracao_cti', 'select'),
  ...may('cti_settings', 'select'),
  ...may('tenant_keys', 'select', 'insert'),
];

/** What stands for a user at the CTI (R31). */
const CREDENTIALS: readonly TableRight[] = [
  ...mayColumns('wl_chamados_empresa', 'select', ['senha_padrao']),
  ...mayColumns('wl_chamados_empresa', 'update', ['senha_padrao']),
  ...mayColumns('agents', 'select', ['agente', 'senha', 'token']),
  ...mayColumns('agents', 'update', ['senha', 'token']),
];

/** Whose tokens agents bring, and which of them are revoked: for who lets agents in. */
const ACCESS: readonly TableRight[] = [
  ...may('agent_token_policies', 'select'),
  ...may('agent_token_keys', 'select'),
  ...may('access_revocations', 'select'),
];

/** An entry is added and never read or touched again; users that it speaks of are looked up by reference. */
const AUDIT: readonly TableRight[] = [
  ...may('audit_log', 'insert'),
  ...may('audit_persons', 'select', 'insert'),
];

/**
 * The rights of each service's role, and no more (threat 12). This is the only place that says so: the SQL file, the
 * command-line tool and the tests are made of it. What a new statement needs is added here.
 */
export const SERVICE_RIGHTS: Readonly<Record<RoleService, ServiceRights>> = {
  // Credentials: agents of the legacy dialect may log in with their senha (R47).
  'ws-gateway': { tables: [...DIRECTORY, ...CREDENTIALS, ...ACCESS] },
  dialer: { tables: [...DIRECTORY, ...CREDENTIALS] },
  // What callers must carry is the webhook's alone to know, and when a token was used its alone to note.
  webhook: {
    tables: [
      ...DIRECTORY,
      ...may('callback_tokens', 'select'),
      ...may('callback_networks', 'select'),
      ...may('callback_credentials', 'select'),
      ...may('callback_token_uses', 'select', 'insert', 'update'),
      // What of its journal can never be told; each once.
      ...may('dead_letters', 'insert'),
      ...mayColumns('dead_letters', 'select', ['partition', 'stream_id']),
    ],
  },
  history: {
    tables: [
      ...DIRECTORY,
      // It stores, and once a day it removes what companies no longer want kept, and links to recordings before it.
      ...may('calls', 'select', 'insert', 'update', 'delete'),
      ...may('call_events', 'select', 'insert', 'update', 'delete'),
      ...may('call_traces', 'select', 'insert', 'delete'),
      ...may('dead_letters', 'select', 'insert', 'delete'),
      ...may('retention_floors', 'select', 'insert', 'update'),
      ...may('retention_runs', 'select', 'insert', 'update'),
      ...may('stream_checkpoints', 'select', 'insert', 'update'),
      // The hash chain over the log is laid here.
      ...AUDIT,
      ...may('audit_log', 'select'),
      ...may('audit_seals', 'select', 'insert'),
    ],
    functions: ['ramal_ensure_partitions(date, int)', 'ramal_drop_month(text)'],
  },
  api: {
    tables: [
      ...DIRECTORY,
      ...ACCESS,
      ...AUDIT,
      // Its routes make, rotate and revoke keys, and end access.
      ...may('api_keys', 'select', 'insert', 'update'),
      ...may('access_revocations', 'insert', 'update'),
      // A person is erased in place: calls, their events and steps stay.
      ...may('calls', 'select', 'update'),
      ...may('call_events', 'select', 'update'),
      ...may('call_traces', 'select', 'update'),
      ...may('dead_letters', 'select', 'update'),
      ...mayColumns('agents', 'select', ['agente']),
      ...may('agents', 'delete'),
      ...may('audit_log', 'select'),
      ...may('audit_seals', 'select'),
      ...mayColumns('audit_persons', 'update', ['user_name', 'erased_at']),
    ],
  },
};
