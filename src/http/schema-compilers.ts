/** What makes checks and serializers of schemas: a third of the start if it were loaded then, see schemas-on-demand.ts. */
import ajvCompiler from '@fastify/ajv-compiler';
import stringifyCompiler from '@fastify/fast-json-stringify-compiler';

export const buildValidator = ajvCompiler();
export const buildSerializer = stringifyCompiler();
