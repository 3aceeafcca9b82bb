import type { CodegenConfig } from '@graphql-codegen/cli';
import { existsSync } from 'node:fs';

// The server exports the contract to the project's root; the draft only stands in until it does.
const exported = '../schema.graphql';

const config: CodegenConfig = {
  schema: existsSync(exported) ? exported : 'schema.draft.graphql',
  documents: ['src/api/operations/*.graphql'],
  ignoreNoDocuments: false,
  generates: {
    'src/gql/possible-types.ts': { plugins: ['./codegen-possible-types.mjs'] },
    'src/gql/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        enumsAsTypes: true,
        useTypeImports: true,
        avoidOptionals: { field: true },
        scalars: { DateTime: 'string', ID: 'string' },
        // The client takes __typename out of answers again unless a document asks for it: the types say the same.
        skipTypename: true,
        dedupeFragments: true,
      },
    },
  },
};

export default config;
