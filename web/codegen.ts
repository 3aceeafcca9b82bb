import type { CodegenConfig } from '@graphql-codegen/cli';
import { existsSync } from 'node:fs';

// The server exports the contract to the project's root; the draft only stands in until it does.
const exported = '../schema.graphql';

const config: CodegenConfig = {
  schema: existsSync(exported) ? exported : 'schema.draft.graphql',
  documents: ['src/api/operations/*.graphql'],
  ignoreNoDocuments: false,
  generates: {
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        avoidOptionals: { field: true },
        scalars: { DateTime: 'string', ID: 'string' },
        skipTypename: false,
        nonOptionalTypename: true,
        dedupeFragments: true,
      },
    },
  },
};

export default config;
