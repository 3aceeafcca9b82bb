// Stands in for the GraphQL parser and printer of the client library (vite.config.ts names it as its replacement): our
// documents are operations and fragments without descriptions and block strings, and reading only those is a third of the code.
// What it makes of every document of the client is held against graphql-js in its test.

interface Node {
  kind: string;
  [field: string]: unknown;
}

export const Kind = {
  DOCUMENT: 'Document',
  NAME: 'Name',
  FIELD: 'Field',
  INLINE_FRAGMENT: 'InlineFragment',
  FRAGMENT_SPREAD: 'FragmentSpread',
  FRAGMENT_DEFINITION: 'FragmentDefinition',
  OPERATION_DEFINITION: 'OperationDefinition',
};

/** An error that the server has answered, as its clients throw it. */
export class GraphQLError extends Error {
  readonly extensions: Record<string, unknown>;
  readonly path: readonly (string | number)[] | undefined;

  // The arguments between are the library's: where in which text the error lies, which nobody here asks for.
  constructor(message: string, _nodes?: unknown, _source?: unknown, _positions?: unknown, path?: readonly (string | number)[], _cause?: unknown, extensions?: Record<string, unknown>) {
    super(message);
    this.name = 'GraphQLError';
    this.path = path;
    this.extensions = extensions ?? {};
  }
}

const token = /\.\.\.|"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|\w+|[{}()[\]:=!$@]/g;

export function parse(source: string | { body: string }): Node {
  const tokens = (typeof source === 'string' ? source : source.body).replace(/#.*/g, '').match(token) ?? [];
  let at = 0;

  const take = (): string => {
    const next = tokens[at];
    if (next === undefined) throw new GraphQLError('the document ends too early');
    at += 1;
    return next;
  };
  const skip = (wanted: string): boolean => tokens[at] === wanted && Boolean((at += 1));
  const expect = (wanted: string): void => {
    if (!skip(wanted)) throw new GraphQLError(`“${wanted}” is missing before “${tokens[at] ?? ''}”`);
  };
  /** What stands between two brackets; nothing where the first one is missing. */
  const all = <T>(open: string, close: string, read: () => T): T[] | undefined => {
    if (!skip(open)) return undefined;
    const found: T[] = [];
    while (!skip(close)) found.push(read());
    return found;
  };

  const name = (): Node => ({ kind: 'Name', value: take() });
  const named = (): Node => ({ kind: 'NamedType', name: name() });

  const value = (): Node => {
    const values = all('[', ']', value);
    if (values) return { kind: 'ListValue', values };
    const fields = all('{', '}', pair('ObjectField'));
    if (fields) return { kind: 'ObjectValue', fields };
    if (skip('$')) return { kind: 'Variable', name: name() };
    const text = take();
    if (text.startsWith('"')) return { kind: 'StringValue', value: JSON.parse(text) as string, block: false };
    if (/^[-\d]/.test(text)) return { kind: /[.eE]/.test(text) ? 'FloatValue' : 'IntValue', value: text };
    if (text === 'null') return { kind: 'NullValue' };
    if (text === 'true' || text === 'false') return { kind: 'BooleanValue', value: text === 'true' };
    return { kind: 'EnumValue', value: text };
  };
  function pair(kind: string): () => Node {
    return () => {
      const key = name();
      expect(':');
      return { kind, name: key, value: value() };
    };
  }

  const argumentsOf = () => all('(', ')', pair('Argument'));
  const directives = (): Node[] | undefined => {
    const found: Node[] = [];
    while (skip('@')) found.push({ kind: 'Directive', name: name(), arguments: argumentsOf() });
    return found.length > 0 ? found : undefined;
  };

  const selection = (): Node => {
    if (skip('...')) {
      const typeCondition = skip('on') ? named() : undefined;
      if (typeCondition || tokens[at] === '{' || tokens[at] === '@') {
        return { kind: 'InlineFragment', typeCondition, directives: directives(), selectionSet: selections() };
      }
      return { kind: 'FragmentSpread', name: name(), directives: directives() };
    }
    const first = name();
    const alias = skip(':') ? first : undefined;
    return { kind: 'Field', alias, name: alias ? name() : first, arguments: argumentsOf(), directives: directives(), selectionSet: selections() };
  };
  function selections(): Node | undefined {
    const found = all('{', '}', selection);
    return found && { kind: 'SelectionSet', selections: found };
  }

  const type = (): Node => {
    let read: Node;
    if (skip('[')) {
      read = { kind: 'ListType', type: type() };
      expect(']');
    } else read = named();
    return skip('!') ? { kind: 'NonNullType', type: read } : read;
  };
  const variable = (): Node => {
    expect('$');
    const read = name();
    expect(':');
    return { kind: 'VariableDefinition', variable: { kind: 'Variable', name: read }, type: type(), defaultValue: skip('=') ? value() : undefined, directives: directives() };
  };

  const definition = (): Node => {
    if (tokens[at] === '{') return { kind: 'OperationDefinition', operation: 'query', selectionSet: selections() };
    const operation = take();
    if (operation === 'fragment') {
      const read = name();
      expect('on');
      return { kind: 'FragmentDefinition', name: read, typeCondition: named(), directives: directives(), selectionSet: selections() };
    }
    const read = /^\w/.test(tokens[at] ?? '') ? name() : undefined;
    return { kind: 'OperationDefinition', operation, name: read, variableDefinitions: all('(', ')', variable), directives: directives(), selectionSet: selections() };
  };

  const definitions: Node[] = [];
  while (at < tokens.length) definitions.push(definition());
  return { kind: 'Document', definitions };
}

/** A node as text again, nothing for a part that is not there; blanks only where two words would run together. */
export function print(node: unknown): string {
  if (!node) return '';
  const { kind, ...part } = node as Node;
  const list = (nodes: unknown, open = '', close = '', between = ' ') => (Array.isArray(nodes) && nodes.length > 0 ? open + nodes.map(print).join(between) + close : '');
  const text = print(part['name']);
  const tail = list(part['directives'], ' ') + print(part['selectionSet']);
  switch (kind) {
    case 'Document':
      return list(part['definitions'], '', '', '\n');
    case 'OperationDefinition':
      return `${String(part['operation'])}${text && ` ${text}`}${list(part['variableDefinitions'], '(', ')')}${tail}`;
    case 'FragmentDefinition':
      return `fragment ${text} on ${print(part['typeCondition'])}${tail}`;
    case 'VariableDefinition':
      return `${print(part['variable'])}:${print(part['type'])}${part['defaultValue'] ? `=${print(part['defaultValue'])}` : ''}${tail}`;
    case 'SelectionSet':
      return list(part['selections'], '{', '}');
    case 'Field':
      return `${part['alias'] ? `${print(part['alias'])}:` : ''}${text}${list(part['arguments'], '(', ')')}${tail}`;
    case 'FragmentSpread':
      return `...${text}${tail}`;
    case 'InlineFragment':
      return `...${part['typeCondition'] ? ` on ${print(part['typeCondition'])}` : ''}${tail}`;
    case 'Directive':
      return `@${text}${list(part['arguments'], '(', ')')}`;
    case 'Argument':
    case 'ObjectField':
      return `${text}:${print(part['value'])}`;
    case 'Variable':
      return `$${text}`;
    case 'ListValue':
      return `[${list(part['values'])}]`;
    case 'ObjectValue':
      return `{${list(part['fields'])}}`;
    case 'StringValue':
      return JSON.stringify(part['value']);
    case 'NullValue':
      return 'null';
    case 'ListType':
      return `[${print(part['type'])}]`;
    case 'NonNullType':
      return `${print(part['type'])}!`;
    case 'NamedType':
      return text;
    default:
      return String(part['value']);
  }
}

/** The JavaScript value that a value in a document stands for; `undefined` for a variable that is not given. */
export function valueFromASTUntyped(node: Node, variables?: Record<string, unknown>): unknown {
  switch (node.kind) {
    case 'NullValue':
      return null;
    case 'IntValue':
    case 'FloatValue':
      return Number(node['value']);
    case 'ListValue':
      return (node['values'] as Node[]).map((one) => valueFromASTUntyped(one, variables));
    case 'ObjectValue':
      return Object.fromEntries((node['fields'] as { name: { value: string }; value: Node }[]).map((field) => [field.name.value, valueFromASTUntyped(field.value, variables)]));
    case 'Variable':
      return variables?.[(node['name'] as { value: string }).value];
    default:
      return node['value'];
  }
}
