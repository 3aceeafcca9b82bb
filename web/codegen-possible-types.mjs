import { isAbstractType, visit } from 'graphql';

/**
 * Writes which types stand behind the unions and interfaces that our fragments name: without it the cache has to guess which
 * fragments apply. What no fragment names is left out, it would only be carried about.
 */
export const plugin = (schema, documents) => {
  const named = new Set();
  for (const { document } of documents) visit(document, { NamedType: (node) => void named.add(node.name.value) });
  const types = Object.values(schema.getTypeMap())
    .filter((type) => isAbstractType(type) && named.has(type.name))
    .map((type) => [type.name, schema.getPossibleTypes(type).map((possible) => possible.name)]);
  return `/** The concrete types behind the unions and interfaces that our fragments name. */\nexport const possibleTypes: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(types), null, 2)};\n`;
};
