/**
 * What stands where a person was erased (LGPD, art. 18): in the place of a far end's number or of a user. It holds no
 * digit and no dialler takes it for a number.
 */
export const ERASED = '#erased';
