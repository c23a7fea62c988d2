import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { hostileText } from './fuzzing.js';

type Draw = fc.GeneratorValue;

/** Writes operations and arguments that are mostly valid in the schema. */
export class RandomDocuments {
  constructor(
    private readonly schema: GraphQLSchema,
    /** Ids of objects that exist. */
    private readonly ids: readonly string[],
  ) {}

  /** One operation as text, with its variables. */
  readonly operation = fc.gen().map(draw => {
    const mutation = draw(fc.boolean);
    const root = mutation ? this.schema.getMutationType()! : this.schema.getQueryType()!;
    const body = this.#selection(draw, root, 0);
    const text = `${mutation ? 'mutation' : 'query'} ${body}`;
    return draw(fc.nat, { max: 9 }) === 0 ? garbled(draw, text) : text;
  });

  #selection(draw: Draw, type: GraphQLObjectType, depth: number): string {
    const all = Object.values(type.getFields());
    const few = depth === 0 ? 2 : 5;
    const fields = draw(() => fc.subarray(all, { minLength: 1, maxLength: Math.min(few, all.length) }));
    const written = fields.map(field => {
      const named = getNamedType(field.type as GraphQLOutputType);
      if (isObjectType(named) && depth > 5) return '__typename';
      const alias = draw(fc.nat, { max: 9 }) === 0 ? `${draw(() => fc.constantFrom('a', 'b', '__c'))}: ` : '';
      const directive = draw(fc.nat, { max: 15 }) === 0 ? ' @include(if: true)' : '';
      const inner = isObjectType(named) ? ` ${this.#selection(draw, named, depth + 1)}` : '';
      return `${alias}${field.name}${this.#arguments(draw, field.args)}${directive}${inner}`;
    });
    return `{ ${written.join(' ')} }`;
  }

  #arguments(draw: Draw, arguments_: readonly GraphQLArgument[]): string {
    const given = arguments_.filter(({ type }) => isNonNullType(type) || draw(fc.boolean));
    if (given.length === 0) return '';
    return `(${given.map(({ name, type }) => `${name}: ${this.#value(draw, type, name, 0)}`).join(', ')})`;
  }

  #value(draw: Draw, type: GraphQLInputType, name: string, depth: number): string {
    if (draw(fc.nat, { max: 40 }) === 0)
      return draw(() => fc.constantFrom('null', '1', '"x"', '[]', '{}', 'NO_SUCH', '$gone'));
    if (!isNonNullType(type) && draw(fc.nat, { max: 5 }) === 0) return 'null';
    const nullable = getNullableType(type);
    if (isListType(nullable)) {
      const count = draw(fc.nat, { max: 3 });
      const items = Array.from({ length: count }, () => this.#value(draw, nullable.ofType, name, depth + 1));
      return `[${items.join(', ')}]`;
    }
    if (isInputObjectType(nullable)) {
      const fields = Object.values(nullable.getFields()).filter(
        field => isNonNullType(field.type) || draw(fc.boolean),
      );
      return `{ ${fields.map(field => `${field.name}: ${this.#value(draw, field.type, field.name, depth + 1)}`).join(', ')} }`;
    }
    if (isEnumType(nullable))
      return draw(() => fc.constantFrom(...nullable.getValues().map(value => value.name)));
    if (isLeafType(nullable)) return this.#leaf(draw, nullable.name, name);
    throw new Error(`no value for ${type}`);
  }

  #leaf(draw: Draw, type: string, name: string): string {
    const text = (value: string) => JSON.stringify(value);
    if (type === 'Int')
      return String(draw(() => fc.oneof(fc.integer({ min: -2, max: 600 }), fc.maxSafeInteger())));
    if (type === 'Boolean') return String(draw(fc.boolean));
    if (type === 'ID')
      return text(draw(() => fc.oneof(fc.constantFrom(...this.ids), fc.uuid(), hostileText)));
    if (name === 'psa') return text(draw(() => fc.oneof(fc.constant('connectwise'), hostileText)));
    if (name === 'after')
      return text(draw(() => fc.oneof(fc.constant(cursor(['x', this.ids[0]!])), hostileText)));
    if (type === 'DateTime')
      return text(
        draw(() =>
          fc.oneof(
            fc.date().map(date => (Number.isNaN(date.getTime()) ? 'x' : date.toISOString())),
            hostileText,
          ),
        ),
      );
    if (type === 'Decimal')
      return draw(() => fc.oneof(fc.double().map(String), hostileText.map(text), fc.constant('12.5')));
    return text(draw(() => hostileText));
  }
}

function cursor(keys: string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** The text with one part removed, doubled or replaced. */
function garbled(draw: Draw, text: string): string {
  const at = draw(fc.nat, { max: text.length });
  const length = draw(fc.nat, { max: 8 });
  const instead = draw(() =>
    fc.constantFrom('', '{', '}', '"', '(', ')', '...', '$', '#', '\u0000', '"""', '@', ':'),
  );
  return text.slice(0, at) + instead + text.slice(at + length);
}
