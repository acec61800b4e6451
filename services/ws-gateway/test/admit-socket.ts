import { type AdmittedSocket, createAdmission } from '../src/admission.ts';

/** A socket's ticket from a gateway without limits, or with one for each company. */
export function admitSocket(remoteAddress = '192.0.2.7', admission = openAdmission()): AdmittedSocket {
  const admitted = admission.admit(remoteAddress);
  if ('refused' in admitted) throw new Error(`refused: ${admitted.refused}`);
  return admitted;
}

export function openAdmission(socketsPerTenant = 0) {
  const none = { socketsPerIp: 0, unauthenticated: 0, unauthenticatedPerIp: 0, handshakesPerMinutePerIp: 0 };
  return createAdmission({ ...none, socketsPerTenant }, () => performance.now());
}
