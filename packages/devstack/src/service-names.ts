/** The processes of the stack: who is called comes before who calls. They stop in the opposite order. */
export const STAGES = [['simulator'], ['history', 'dialer'], ['webhook', 'ws-gateway'], ['api']] as const;

export type ServiceName = (typeof STAGES)[number][number];
export const SERVICE_NAMES: readonly ServiceName[] = STAGES.flat();
