/**
 * JSON Schemas of API requests and replies. Each schema has the type of its value, so that Fastify,
 * the OpenAPI document and TypeScript share one declaration.
 */

/** No schema has this key: it exists only for TypeScript. */
declare const VALUE: unique symbol;

export interface Schema<T = unknown> {
  readonly [keyword: string]: unknown;
  readonly [VALUE]?: T;
}

/** The type of a schema's value. */
export type Value<S extends Schema> = S extends Schema<infer T> ? T : never;

/** A property that may be absent. */
export interface Optional<T = unknown> {
  readonly optional: Schema<T>;
}

export type Properties = Readonly<Record<string, Schema | Optional>>;

type Flat<T> = { [K in keyof T]: T[K] };
type ValueOf<P> = P extends Optional<infer T> ? T : P extends Schema<infer T> ? T : never;
type OptionalOf<P> = { [K in keyof P]: P[K] extends Optional ? K : never }[keyof P];

export type ObjectOf<P extends Properties> = Flat<
  { readonly [K in Exclude<keyof P, OptionalOf<P>>]: ValueOf<P[K]> } & {
    readonly [K in OptionalOf<P>]?: ValueOf<P[K]>;
  }
>;

export const text = (description: string): Schema<string> => ({ type: 'string', description });
export const count = (description: string): Schema<number> => ({
  type: 'integer',
  minimum: 0,
  description,
});
/** A duration in seconds. */
export const seconds = (description: string): Schema<number> => ({
  type: 'number',
  minimum: 0,
  description,
});
export const flag = (description: string): Schema<boolean> => ({ type: 'boolean', description });
/** A moment: a `Date`, written in RFC 3339. */
export const time = (description: string): Schema<Date> => ({
  type: 'string',
  format: 'date-time',
  description,
});
export const words = <const W extends string>(
  all: readonly W[],
  description: string,
): Schema<W> => ({
  type: 'string',
  enum: all,
  description,
});
/** One of the words in a table with explanations. */
export const wordOf = <W extends string>(
  table: Readonly<Record<W, unknown>>,
  description: string,
): Schema<W> => words(Object.keys(table) as W[], description);

/** Without a description if the items have one. */
export const listOf = <T>(items: Schema<T>, description?: string): Schema<readonly T[]> => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
});
export const strings = (description: string): Schema<readonly string[]> =>
  listOf<string>({ type: 'string' }, description);
/** Numbers by word. `T` defines the words, and whether all are present. */
export const counts = <T extends Readonly<Partial<Record<string, number>>>>(
  description: string,
): Schema<Readonly<T>> => ({
  type: 'object',
  additionalProperties: { type: 'integer' },
  description,
});

export const optional = <T>(schema: Schema<T>): Optional<T> => ({ optional: schema });

export function object<const P extends Properties>(
  properties: P,
  description?: string,
): Schema<ObjectOf<P>> {
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, isOptional(one) ? one.optional : one]),
    ),
    required: Object.keys(properties).filter((name) => !isOptional(properties[name])),
    ...(description === undefined ? {} : { description }),
  };
}

/** The same property for each word. */
export const each = <W extends string, S extends Schema | Optional>(
  all: readonly W[],
  property: S,
): Readonly<Record<W, S>> =>
  Object.fromEntries(all.map((word) => [word, property])) as Record<W, S>;

function isOptional(property: Schema | Optional | undefined): property is Optional {
  return property !== undefined && 'optional' in property;
}

/**
 * Parameters of a query, each optional unless it is in `required`. Unknown parameters are refused,
 * because a misspelt filter would return a list of all Services.
 */
export function query<const P extends Readonly<Record<string, Schema>>, R extends keyof P = never>(
  properties: P,
  required: readonly R[] = [],
): Schema<
  Flat<
    { readonly [K in R]: ValueOf<P[K]> } & { readonly [K in Exclude<keyof P, R>]?: ValueOf<P[K]> }
  >
> {
  return { type: 'object', properties, required, additionalProperties: false };
}
