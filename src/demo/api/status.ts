/** The API server's refusals: HTTP code and Status body, with the texts of the real server. */

export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: { continue?: string };
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: Record<string, unknown>;
  code: number;
}

function failure(code: number, reason: string, message: string, details?: object): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details === undefined ? {} : { details: { ...details } }),
    code,
  };
}

/** The resource and the verb of a request. */
export interface Subject {
  verb: string;
  plural: string;
  group: string;
  namespace?: string;
  name?: string;
}

export const statuses = {
  badRequest: (message: string) => failure(400, 'BadRequest', message),

  unauthorized: () => failure(401, 'Unauthorized', 'Unauthorized'),

  /** The refusal of RBAC: it names user, verb, resource and scope. */
  forbidden: ({ verb, plural, group, namespace }: Subject) => {
    const scope =
      namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const who = 'User "system:serviceaccount:monitoring:externalname-monitor"';
    const what = `cannot ${verb} resource "${plural}" in API group "${group}" ${scope}`;
    return failure(403, 'Forbidden', `${plural} is forbidden: ${who} ${what}`, { kind: plural });
  },

  notFound: ({ plural, name }: Subject) =>
    failure(404, 'NotFound', `${plural} "${name}" not found`, { name, kind: plural }),

  noSuchPath: () =>
    failure(404, 'NotFound', 'the server could not find the requested resource', {}),

  methodNotAllowed: () =>
    failure(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
      {},
    ),

  alreadyExists: ({ plural, name }: Subject) =>
    failure(409, 'AlreadyExists', `${plural} "${name}" already exists`, { name, kind: plural }),

  conflict: ({ plural, name }: Subject) =>
    failure(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${plural} "${name}": the object has been modified; please apply your changes to the latest version and try again`,
      { name, kind: plural },
    ),

  /** The watch cache no longer has events of this age (watch_cache.go). */
  tooOld: (resourceVersion: number, oldest: number) =>
    failure(410, 'Expired', `too old resource version: ${resourceVersion} (${oldest})`),

  /** storage/etcd3/errors.go; `next` continues the list without consistency. */
  continueExpired: (next: string): Status => ({
    ...failure(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    ),
    metadata: { continue: next },
  }),

  tooManyRequests: (retryAfterSeconds: number) =>
    failure(429, 'TooManyRequests', 'Too many requests, please try again later.', {
      retryAfterSeconds,
    }),

  internalError: () =>
    failure(500, 'InternalError', 'Internal error occurred: etcdserver: leader changed', {
      causes: [{ message: 'etcdserver: leader changed' }],
    }),

  /** A resourceVersion that this server has not reached yet (storage/errors.go). */
  tooLarge: (resourceVersion: number, current: number) =>
    failure(
      504,
      'Timeout',
      `Timeout: Too large resource version: ${resourceVersion}, current: ${current}`,
      {
        causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
        retryAfterSeconds: 1,
      },
    ),
} as const;

/** The Status of a scripted code. */
export function statusFor(code: number, subject: Subject, retryAfterSeconds: number): Status {
  switch (code) {
    case 401:
      return statuses.unauthorized();
    case 403:
      return statuses.forbidden(subject);
    case 410:
      return statuses.tooOld(1, 2);
    case 429:
      return statuses.tooManyRequests(retryAfterSeconds);
    case 500:
      return statuses.internalError();
    default:
      return failure(code, 'InternalError', `an error on the server, scripted as ${code}`);
  }
}
