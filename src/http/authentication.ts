import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Passwords, TooManyChecks } from './passwords.ts';
import { HttpError } from './problems.ts';

/** RFC 7617 section 2.1: the encoding of the password. */
const CHALLENGE = 'Basic realm="externalname-monitor", charset="UTF-8"';

interface Credentials {
  readonly name: string;
  readonly password: string;
}

/**
 * Accepts a request with a user and the right password.
 *
 * @throws HttpError 401, or 503 if too many checks are waiting
 */
export async function authenticate(
  request: FastifyRequest,
  reply: FastifyReply,
  users: ReadonlyMap<string, string>,
  passwords: Passwords,
): Promise<void> {
  const given = credentialsIn(request.headers.authorization);
  if (given && (await isRight(given, reply, users, passwords))) return;
  reply.header('www-authenticate', CHALLENGE);
  throw new HttpError(
    401,
    given
      ? 'Unauthorized: wrong user or password'
      : 'Unauthorized: user and password required (HTTP Basic authentication)',
  );
}

async function isRight(
  { name, password }: Credentials,
  reply: FastifyReply,
  users: ReadonlyMap<string, string>,
  passwords: Passwords,
): Promise<boolean> {
  try {
    return await passwords.isRight(users, name, password);
  } catch (error) {
    if (!(error instanceof TooManyChecks)) throw error;
    reply.header('retry-after', '1');
    throw new HttpError(503, error.message);
  }
}

/** RFC 7617 section 2; undefined for any other scheme, and for invalid base64. */
export function credentialsIn(header: string | undefined): Credentials | undefined {
  const [, token] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '') ?? [];
  const text = Buffer.from(token ?? '', 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
