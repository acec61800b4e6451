import type { DialReason } from '@ramal/contracts';
import type { AddressesSkipped } from '@ramal/outbound';

/** The dial can't be made as things stand, and a retry would not change that. Nothing was sent. */
export class DialRefusedError extends Error {
  readonly reason: DialReason;
  constructor(reason: DialReason) {
    super(`dial refused: ${reason}`);
    this.reason = reason;
  }
}

/** The CTI has no address that may be asked (threat 2). Which, and why, is for the operator: agents hear the reason alone. */
export class CtiAddressDeniedError extends DialRefusedError {
  readonly where: AddressesSkipped;
  constructor(where: AddressesSkipped) {
    super('cti_address_denied');
    this.where = where;
  }
}

/**
 * The request provably never left this machine, or the CTI may be asked again: it may be tried again (I1). `why` is a short
 * code.
 */
export class DialUnsentError extends Error {
  readonly reason: DialReason;
  readonly why: string;
  constructor(reason: DialReason, why: string) {
    super(`dial not sent: ${why}`);
    this.reason = reason;
    this.why = why;
  }
}
