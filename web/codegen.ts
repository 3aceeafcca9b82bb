import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  // The contract as the server's code exports it; the generated types are committed, and CI checks them for drift.
  schema: '../schema.graphql',
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
