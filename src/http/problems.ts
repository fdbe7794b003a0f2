/** Formats every error as problem details (RFC 9457), with the invalid value. */
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export const PROBLEM_TYPE = 'application/problem+json';

/** Limit for the client's text that an error repeats. */
const MOST_REPEATED = 1_000;

export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  /** "Cannot <do what>: <why>, got <value>". */
  readonly detail: string;
  /** The path of the request, without its query. */
  readonly instance: string;
}

/** An error with a message for the client. */
export class HttpError extends Error {
  readonly statusCode: number;

  constructor(statusCode: number, detail: string) {
    super(detail);
    this.statusCode = statusCode;
  }
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  detail: string,
): FastifyReply {
  const title = STATUS_CODES[status] ?? 'Error';
  const [instance = ''] = request.url.split('?');
  const problem: Problem = {
    type: 'about:blank',
    title,
    status,
    detail,
    instance: shown(instance),
  };
  // JSON.stringify, so that the route's own reply schema does not apply.
  return reply.code(status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}

/** A value for an error message: quoted, with control characters escaped, and shortened. */
export function got(value: unknown): string {
  return shown(JSON.stringify(value) ?? 'undefined');
}

/** `onFault` receives internal errors. */
export function handleErrors(server: FastifyInstance, onFault: (error: Error) => void): void {
  server.setNotFoundHandler((request, reply) => {
    const what = `${request.method} ${request.url.split('?')[0]}`;
    return sendProblem(
      request,
      reply,
      404,
      `Cannot find that: there is no such route, got ${got(what)}`,
    );
  });
  server.setErrorHandler((error: FastifyError, request, reply) => {
    const { status, detail } = toldOf(error, request, onFault);
    return sendProblem(request, reply, status, detail);
  });
}

/** The error message for the client. Details of internal errors go only to the log. */
export function toldOf(
  error: FastifyError,
  request: FastifyRequest,
  onFault: (error: Error) => void,
): { readonly status: number; readonly detail: string } {
  if (error.validation) return { status: 400, detail: whyInvalid(error, request) };
  const { statusCode: status = 500 } = error;
  if (error instanceof HttpError) return { status, detail: error.message };
  if (status < 500) return { status, detail: whyUnreadable(error, request) };
  onFault(error);
  return { status: 500, detail: 'Cannot answer: internal error, see the log' };
}

/**
 * For requests that reach no route, such as a path that cannot be decoded or a body that is too
 * long.
 */
export function sendUnreadable(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  return sendProblem(request, reply, error.statusCode ?? 400, whyUnreadable(error, request));
}

function whyUnreadable({ message }: FastifyError, request: FastifyRequest): string {
  const what = got(`${request.method} ${request.url}`);
  return `Cannot read the request: ${shown(message)}, got ${what}`;
}

/** The schema's message, with the name of the parameter and its value. */
function whyInvalid(
  { validation, validationContext = 'querystring' }: FastifyError,
  request: FastifyRequest,
): string {
  const [first] = validation ?? [];
  const { instancePath = '', message = 'it is not valid', params = {}, keyword } = first ?? {};
  const [, name = ''] = instancePath.split('/');
  const source = (validationContext === 'params' ? request.params : request.query) as Record<
    string,
    unknown
  >;
  if (keyword === 'additionalProperties') {
    return `Cannot read the ${validationContext}: there is no such parameter, got ${got(params.additionalProperty)}`;
  }
  if (keyword === 'required') {
    return `Cannot read the ${validationContext}: ${params.missingProperty} is missing, got ${got(source)}`;
  }
  const allowed = keyword === 'enum' ? ` (${(params.allowedValues as unknown[]).join(', ')})` : '';
  return `Cannot read the ${validationContext}: ${name} ${message}${allowed}, got ${got(source[name])}`;
}

function shown(text: string): string {
  return text.length <= MOST_REPEATED ? text : `${text.slice(0, MOST_REPEATED)}…`;
}
