/** Where a test run may kill a dialer, in the order in which a dial passes them. */
export const DIALER_FAILPOINTS = [
  'dialer.before_claim',
  'dialer.after_claim',
  'dialer.before_connect',
  'dialer.after_connect',
  'dialer.before_sent',
  /** Recorded as sent, and nothing written. */
  'dialer.after_sent',
  'dialer.after_first_byte',
  /** The CTI has answered, and nobody has looked at it. */
  'dialer.before_answer',
  'dialer.after_answer',
  'dialer.before_settle',
  'dialer.after_settle',
  'dialer.before_job_done',
] as const;
