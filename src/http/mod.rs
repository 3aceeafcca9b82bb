//! The HTTP face: GraphQL transports, uploads, files, payments, operations, the web client.
