//! The schema: how it is built, and its text.

use async_graphql::{SDLExportOptions, Schema};

use super::{
    api::Api, cost::Cost, limits, mutation::Mutation, query::Query, results::UserError, subscription::Subscription,
    types::Node,
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
        .extension(Cost)
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
    use async_graphql::value;

    use super::*;
    use crate::config::{Settings, Sources};

    #[test]
    fn the_schema_file_is_what_the_code_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql");
        let sdl = sdl();
        if option_env!("UPDATE_SCHEMA").is_some() {
            use std::io::Write;
            let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).open(path);
            file.and_then(|mut file| file.write_all(sdl.as_bytes())).expect("the project's folder is writable");
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == sdl, "schema.graphql is out of date: run `UPDATE_SCHEMA=1 cargo test schema_file`");
    }

    /// The query that tools send to learn a schema, with the deepest nesting of types that they ask for.
    const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name } mutationType { name } \
        subscriptionType { name } types { ...FullType } directives { name description locations \
        args(includeDeprecated: true) { ...InputValue } } } } \
        fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description \
        args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason } \
        inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } \
        enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } } \
        fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue } \
        fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name \
        ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name \
        ofType { kind name } } } } } } } } } }";

    #[tokio::test]
    async fn tools_can_read_the_schema_within_the_default_limits_and_everything_is_described() {
        let limits = Settings::load(&Sources::default()).expect("the defaults are valid").limits;
        let schema = builder()
            .limit_depth(limits.query_depth_max)
            .limit_complexity(limits.query_complexity_max)
            .limit_recursive_depth(limits::RECURSION_MAX)
            .limit_directives(limits::DIRECTIVES_MAX)
            .finish();
        let mut request = async_graphql::Request::new(INTROSPECTION);
        assert!(limits::inspect(&mut request).is_ok());
        let answer = schema.execute(request).await;
        assert_eq!(answer.errors, vec![]);
        let json = answer.data.into_json().expect("an answer is JSON");
        let mut bare = Vec::new();
        for ty in json["__schema"]["types"].as_array().expect("a list of types") {
            let name = ty["name"].as_str().unwrap_or_default();
            if name.starts_with("__") || ["Int", "Float", "String", "Boolean", "ID"].contains(&name) {
                continue;
            }
            collect_bare(name, ty, &mut bare);
            for part in ["fields", "inputFields", "enumValues"] {
                for member in ty[part].as_array().into_iter().flatten() {
                    let member_name = format!("{name}.{}", member["name"].as_str().unwrap_or_default());
                    collect_bare(&member_name, member, &mut bare);
                    for argument in member["args"].as_array().into_iter().flatten() {
                        let argument_name = format!("{member_name}({})", argument["name"].as_str().unwrap_or_default());
                        collect_bare(&argument_name, argument, &mut bare);
                    }
                }
            }
        }
        assert_eq!(bare, Vec::<String>::new(), "these have no description");
    }

    fn collect_bare(name: &str, thing: &serde_json::Value, bare: &mut Vec<String>) {
        if thing["description"].as_str().is_none_or(|text| text.trim().is_empty()) {
            bare.push(name.to_owned());
        }
    }

    #[tokio::test]
    async fn the_catalogue_is_open_to_everybody() {
        let answer = builder().finish().execute("{ studio { creditsPerPoster dimensions { number } } }").await;
        let numbers: Vec<_> = (1..=10).map(|n| value!({ "number": format!("{n:02}") })).collect();
        assert_eq!(answer.data, value!({ "studio": { "creditsPerPoster": 4, "dimensions": numbers } }));
    }
}
