import { z } from 'zod';

/** Why a dial did not become a call; stable codes, shown to agents in their language. */
export const dialReason = z.enum([
  'cti_disabled', // R1
  'unsupported_cti_type', // R3
  'cti_not_configured', // R13
  'cti_config_invalid',
  'cti_credentials_missing', // R31
  'ramal_missing',
  'number_not_diallable',
  'cti_address_denied', // the operator does not let requests go to the CTI's address (threat 2)
  'cti_unreachable', // refused, DNS, connect timeout or TLS handshake until the deadline
  'cti_auth_failed', // 401 or 403
  'cti_rejected', // another 4xx
  'cti_redirected', // 3xx, never followed
  'cti_error', // 5xx after the request was sent: uncertain
  'cti_reset', // connection lost after the request was sent: uncertain
  'cti_timeout', // no answer in time after the request was sent: uncertain
  'cti_unavailable', // too many failures of late: not asked at all until it is tried again
  'cti_busy', // it said until the deadline that it places no calls now, or too many of ours are under way
  'number_rejected', // the CTI says that it can't call this number
  'ramal_offline', // the CTI says that the extension is not registered
  'ramal_busy', // the CTI says that the extension is in a call
  'destination_denied', // the company's own list
  'destination_premium', // premium and satellite numbers, unless the company allows them
  'destination_international', // other countries, unless the company allows them
  'dial_rate_exceeded', // too many dials by this agent, this company or to this number
  'dials_blocked', // the company's kill switch
  'tenant_disabled', // R42
  'deadline_passed', // I2
  'canceled_by_agent',
  'internal_error',
]);
export type DialReason = z.infer<typeof dialReason>;

/** Why nobody was shown a pop-up that a callback brings (R44). */
export const popupSkipReason = z.enum([
  'not_logged_in',
  'ramal_unknown',
  'expired', // the callback could be told so late that its pop-up was over
]);
export type PopupSkipReason = z.infer<typeof popupSkipReason>;

/** Why a pop-up did not show, or not on this socket: the answers to "why no pop-up?". */
export const noPopupReason = z.enum([
  ...popupSkipReason.options,
  'tenant_inactive', // R42: the callback was refused
  'callback_refused', // threat 5: whoever sent it lacked what the company asks for
  'ended', // its call was over before anybody could be shown it
  'dismissed', // closed on another of the agent's screens
  'claimed_elsewhere', // another of the agent's sockets brings it to the front; this one has it passively
]);
export type NoPopupReason = z.infer<typeof noPopupReason>;
