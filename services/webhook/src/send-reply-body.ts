import type { CallbackMapping } from '@ramal/cti';
import type { FastifyReply } from 'fastify';

/** Answers a stored callback with what its tenant's CTI wants to read. */
export function sendReplyBody(
  reply: FastifyReply,
  { replyBody, replyContentType }: CallbackMapping,
): FastifyReply {
  return reply.header('content-type', replyContentType).header('cache-control', 'no-store').send(replyBody);
}
