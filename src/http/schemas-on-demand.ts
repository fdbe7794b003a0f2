/**
 * Schemas are compiled, and their compilers loaded, for the first request to a route that has one: most monitors answer
 * Prometheus and the kubelet alone, whose routes have none.
 */
import type { FastifyInstance, FastifyServerOptions } from 'fastify';

type Compilers = typeof import('./schema-compilers.ts');
type BuildValidator = Compilers['buildValidator'];
type BuildSerializer = Compilers['buildSerializer'];

let compilers: Compilers | undefined;

function loaded(): Compilers {
  if (!compilers) throw new Error('Cannot use a schema: its compilers are not loaded yet');
  return compilers;
}

const buildValidator = (...parts: Parameters<BuildValidator>): ReturnType<BuildValidator> => {
  let compile: ReturnType<BuildValidator> | undefined;
  return (...schema) => {
    let validate: ReturnType<ReturnType<BuildValidator>> | undefined;
    const onDemand = (data: unknown) => {
      compile ??= loaded().buildValidator(...parts);
      validate ??= compile(...schema);
      const result = validate(data);
      // Where Fastify looks for them.
      Object.assign(onDemand, { errors: validate.errors });
      return result;
    };
    return onDemand as ReturnType<ReturnType<BuildValidator>>;
  };
};

const buildSerializer = (...parts: Parameters<BuildSerializer>): ReturnType<BuildSerializer> => {
  let compile: ReturnType<BuildSerializer> | undefined;
  return (...schema) => {
    let serialize: ReturnType<ReturnType<BuildSerializer>> | undefined;
    return (data) => {
      compile ??= loaded().buildSerializer(...parts);
      serialize ??= compile(...schema);
      return serialize(data);
    };
  };
};

export const SCHEMAS_ON_DEMAND = {
  schemaController: { compilersFactory: { buildValidator, buildSerializer } },
} as const satisfies FastifyServerOptions;

/** To be called before all that may answer a request: refusals have schemas, too. */
export function loadSchemaCompilers(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    if (compilers || !request.routeOptions.schema) {
      done();
      return;
    }
    import('./schema-compilers.ts').then((module) => {
      compilers = module;
      done();
    }, done);
  });
}
