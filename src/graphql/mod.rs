//! The GraphQL face: arguments to services, results to wire types.
