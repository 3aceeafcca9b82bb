import { isAbstractType } from 'graphql';

/** Writes which types stand behind each union and interface: without it the cache has to guess which fragments apply. */
export const plugin = (schema) => {
  const types = Object.values(schema.getTypeMap())
    .filter((type) => isAbstractType(type))
    .map((type) => [type.name, schema.getPossibleTypes(type).map((possible) => possible.name)]);
  return `/** The concrete types behind each union and interface of the contract. */\nexport const possibleTypes: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(types), null, 2)};\n`;
};
