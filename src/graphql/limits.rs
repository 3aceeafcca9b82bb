//! How much one document may ask for, decided before anything of it is validated or executed.
//!
//! The schema has limits of its own for depth, complexity, recursion and directives. They are
//! computed by walking fragments in line, so a short document whose fragments double at each level
//! costs exponential time before they can refuse it. The walk here counts each fragment once.

use std::collections::HashMap;

use async_graphql::{
    Name, Request, ServerError,
    parser::types::{ExecutableDocument, OperationType, Selection, SelectionSet},
};

use super::{ApiError, ErrorCode};

/// Deepest nesting of fields; the standard introspection query needs 15.
pub const DEPTH_MAX: usize = 16;
/// Highest complexity: one point a field, times the page size inside a connection.
pub const COMPLEXITY_MAX: usize = 20_000;
/// Deepest nesting of selection sets and fragments in the text.
pub const RECURSION_MAX: usize = 32;
/// Most directives on one field.
pub const DIRECTIVES_MAX: usize = 4;
/// Most aliased fields in an operation, fragments included.
pub const ALIASES_MAX: u32 = 40;
/// Most fields in an operation, fragments included.
pub const FIELDS_MAX: u32 = 2_000;

/// Root fields that guess or send a secret: one of them an operation, or aliases multiply the
/// guesses that one counted request makes.
const SIGN_IN_FIELDS: [&str; 2] = ["sendLoginCode", "signIn"];

/// Root fields that tell what the schema holds (GraphQL §4.2).
const INTROSPECTION_FIELDS: [&str; 2] = ["__schema", "__type"];

/// What a document within its limits asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The kind of the operation that would run; `None` when the document has no operation of that
    /// name (the schema then says so itself).
    pub kind: Option<OperationType>,
    /// Whether any operation of the document asks what the schema holds.
    pub introspects: bool,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    fields: u32,
    aliases: u32,
    sign_in: u32,
    introspection: u32,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.sign_in = self.sign_in.saturating_add(other.sign_in);
        self.introspection = self.introspection.saturating_add(other.introspection);
    }
}

/// Parses the document and refuses one that asks for too much.
///
/// # Errors
/// `BAD_REQUEST` for a syntax error or fragments that contain themselves, `QUERY_TOO_COMPLEX` past
/// a limit.
pub fn inspect(request: &mut Request) -> Result<Asked, ServerError> {
    let name = request.operation_name.clone();
    let document = request.parsed_query()?;
    let (mut seen, mut introspects) = (HashMap::new(), false);
    for (_, operation) in document.operations.iter() {
        let counts = count(document, &operation.node.selection_set.node, &mut seen)?;
        if counts.fields > FIELDS_MAX || counts.aliases > ALIASES_MAX {
            return Err(ApiError::new(ErrorCode::QueryTooComplex).into_server_error());
        }
        if counts.sign_in > 1 {
            return Err(ApiError::with_message(
                ErrorCode::QueryTooComplex,
                "一次操作只能包含一个登录字段",
                "An operation may hold only one sign-in field",
            )
            .into_server_error());
        }
        introspects |= counts.introspection > 0;
    }
    let kind = document
        .operations
        .iter()
        .find(|(candidate, _)| name.is_none() || candidate.map(Name::as_str) == name.as_deref())
        .map(|(_, operation)| operation.node.ty);
    Ok(Asked { kind, introspects })
}

/// Counts with each fragment walked once; an entry of `None` is a fragment being walked, so meeting
/// it again means a cycle.
fn count<'a>(
    document: &'a ExecutableDocument,
    set: &'a SelectionSet,
    seen: &mut HashMap<&'a str, Option<Counts>>,
) -> Result<Counts, ServerError> {
    let mut total = Counts::default();
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let field = &field.node;
                let name = field.name.node.as_str();
                total.add(Counts {
                    fields: 1,
                    aliases: u32::from(field.alias.is_some()),
                    sign_in: u32::from(SIGN_IN_FIELDS.contains(&name)),
                    introspection: u32::from(INTROSPECTION_FIELDS.contains(&name)),
                });
                total.add(count(document, &field.selection_set.node, seen)?);
            }
            Selection::InlineFragment(inline) => {
                total.add(count(document, &inline.node.selection_set.node, seen)?);
            }
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                let Some((name, fragment)) = document.fragments.get_key_value(name) else { continue };
                let counts = match seen.get(name.as_str()) {
                    Some(Some(counts)) => *counts,
                    Some(None) => {
                        return Err(ApiError::with_message(
                            ErrorCode::BadRequest,
                            "片段不能包含自身",
                            "A fragment must not contain itself",
                        )
                        .into_server_error());
                    }
                    None => {
                        seen.insert(name.as_str(), None);
                        let counts = count(document, &fragment.node.selection_set.node, seen)?;
                        seen.insert(name.as_str(), Some(counts));
                        counts
                    }
                };
                total.add(counts);
            }
        }
    }
    Ok(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(query: &str) -> Result<Option<OperationType>, String> {
        inspect(&mut Request::new(query)).map(|asked| asked.kind).map_err(|error| {
            error.source::<ApiError>().map_or("SYNTAX".to_owned(), |known| known.code().code().to_owned())
        })
    }

    #[test]
    fn ordinary_documents_pass_and_tell_their_kind() {
        assert_eq!(code("{ viewer { id } }"), Ok(Some(OperationType::Query)));
        assert_eq!(code("mutation { signIn { x } }"), Ok(Some(OperationType::Mutation)));
        let mut named = Request::new("query A { a } mutation B { b }").operation_name("B");
        assert_eq!(inspect(&mut named).ok().map(|asked| asked.kind), Some(Some(OperationType::Mutation)));
        let mut missing = Request::new("query A { a }").operation_name("C");
        assert_eq!(inspect(&mut missing).ok().map(|asked| asked.kind), Some(None));
        assert_eq!(code("{ viewer {"), Err("SYNTAX".to_owned()));
    }

    #[test]
    fn asking_for_the_schema_is_seen_wherever_it_stands() {
        let introspects = |query: &str| inspect(&mut Request::new(query)).map(|asked| asked.introspects).ok();
        for query in [
            "{ __schema { types { name } } }",
            "{ viewer { id } it: __type(name: \"User\") { name } }",
            "{ ... { __schema { types { name } } } }",
            "{ ...a } fragment a on Query { ...b } fragment b on Query { __schema { types { name } } }",
            "query A { viewer { id } } query B { __schema { types { name } } }",
        ] {
            assert_eq!(introspects(query), Some(true), "{query}");
        }
        assert_eq!(introspects("{ __typename viewer { __typename } }"), Some(false));
    }

    #[test]
    fn aliases_fields_and_repeated_sign_ins_are_bounded() {
        let aliased = |n: u32| {
            let fields: Vec<String> = (0..n).map(|i| format!("a{i}: viewer")).collect();
            format!("{{ {} }}", fields.join(" "))
        };
        assert!(code(&aliased(ALIASES_MAX)).is_ok());
        assert_eq!(code(&aliased(ALIASES_MAX + 1)), Err("QUERY_TOO_COMPLEX".to_owned()));
        assert_eq!(code("mutation { a: signIn { x } b: sendLoginCode { x } }"), Err("QUERY_TOO_COMPLEX".to_owned()));
    }

    #[test]
    fn doubling_fragments_are_counted_in_linear_time() {
        let fragments: Vec<String> =
            (0..60).map(|level| format!("fragment f{level} on Query {{ ...f{n} ...f{n} }}", n = level + 1)).collect();
        let query = format!("{{ ...f0 }} {} fragment f60 on Query {{ viewer }}", fragments.join(" "));
        assert_eq!(code(&query), Err("QUERY_TOO_COMPLEX".to_owned()));
        assert_eq!(
            code("{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }"),
            Err("BAD_REQUEST".to_owned())
        );
    }
}
