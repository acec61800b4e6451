/** The processes of the stack, in the order they start: who is called comes before who calls. */
export const STAGES = [['simulator'], ['history', 'dialer'], ['webhook', 'ws-gateway'], ['api']] as const;

export type ServiceName = (typeof STAGES)[number][number];
export const SERVICE_NAMES: readonly ServiceName[] = STAGES.flat();
