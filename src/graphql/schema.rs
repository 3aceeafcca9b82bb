//! The schema: how it is built, and its text.

use async_graphql::{SDLExportOptions, Schema};

use super::{
    api::Api, limits, mutation::Mutation, query::Query, results::UserError, subscription::Subscription, types::Node,
};

/// The schema that clients see.
pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema over these services.
pub fn schema(api: Api) -> ApiSchema {
    let (depth, complexity) = (api.settings.limits.query_depth_max, api.settings.limits.query_complexity_max);
    builder()
        .limit_depth(depth)
        .limit_complexity(complexity)
        .limit_recursive_depth(limits::RECURSION_MAX)
        .limit_directives(limits::DIRECTIVES_MAX)
        .disable_suggestions()
        .data(api)
        .finish()
}

/// The schema as text, in one order whatever the code's: `schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new()
        .sorted_fields()
        .sorted_arguments()
        .sorted_enum_items()
        .prefer_single_line_descriptions()
        .use_space_ident();
    builder().finish().sdl_with_options(options)
}

fn builder() -> async_graphql::SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query, Mutation, Subscription).register_output_type::<UserError>().register_output_type::<Node>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
        let sdl = sdl();
        if option_env!("UPDATE_SCHEMA").is_some() {
            use std::io::Write;
            let mut file =
                std::fs::OpenOptions::new().write(true).create(true).truncate(true).open(path).expect("writable");
            file.write_all(sdl.as_bytes()).expect("written");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == sdl, "schema.graphql is out of date: run `UPDATE_SCHEMA=1 cargo test schema_file`");
    }
}
