import type { CallResult } from '@ramal/contracts';

/** Statuses CTIs are known to send, by what they mean. A tenant's own map goes on top. */
const KNOWN: Partial<Record<CallResult, readonly string[]>> = {
  completed: ['answered', 'answer', 'completed', 'complete', 'atendida', 'atendido', 'completada'],
  busy: ['busy', 'ocupado', 'ocupada'],
  no_answer: ['no answer', 'not answered', 'nao atendida', 'nao atendido', 'nao atende', 'sem resposta'],
  canceled: ['cancel', 'canceled', 'cancelled', 'cancelada', 'cancelado'],
  failed: ['failed', 'fail', 'failure', 'congestion', 'chanunavail', 'falha', 'falhou'],
  rejected: ['rejected', 'reject', 'declined', 'rejeitada', 'rejeitado', 'recusada', 'recusado'],
  missed: ['missed', 'perdida', 'perdido', 'abandoned', 'abandonada'],
  voicemail: ['voicemail', 'correio de voz', 'caixa postal'],
};

/** Case, blanks, underscores, hyphens and accents don't tell statuses apart. */
function normalize(status: string): string {
  return status
    .normalize('NFD')
    .replace(/[\s_\p{M}-]/gu, '')
    .toLowerCase();
}

/** Normalised status to result. Look it up with `toCallResult` only: its keys are foreign text. */
export type StatusMap = Readonly<Record<string, CallResult>>;

/** The known statuses with a tenant's own ones over them. */
export function createStatusMap(own: Readonly<Record<string, CallResult>> = {}): StatusMap {
  const entries = Object.entries(KNOWN).flatMap(([result, statuses]) =>
    statuses.map((status): [string, CallResult] => [normalize(status), result as CallResult]),
  );
  const owned = Object.entries(own).map(([status, result]): [string, CallResult] => [
    normalize(status),
    result,
  ]);
  return Object.fromEntries([...entries, ...owned]);
}

/** What a CTI's status means; undefined where the map doesn't know it. */
export function toCallResult(map: StatusMap, status: string): CallResult | undefined {
  const key = normalize(status);
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
