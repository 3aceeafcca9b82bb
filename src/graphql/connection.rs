//! Relay connections, paged by key: a page's cost does not grow with its place in the list.

use async_graphql::{Error, async_trait::async_trait};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{ApiError, ErrorCode};
use crate::services::history::{HistoryCursor, Page, Window};

/// Nodes in a page when the client names no number.
pub const PAGE_DEFAULT: i32 = 24;
/// Most nodes in a page.
pub const PAGE_MAX: i32 = 100;

/// A row's place in a list; opaque on the wire.
pub trait Place: Sized {
    /// The place as plain text.
    fn write(&self) -> String;

    /// Reads what [`Self::write`] wrote.
    fn read(plain: &str) -> Option<Self>;

    /// The cursor as clients see it.
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.write())
    }

    /// Reads a cursor; only the exact spelling that [`Self::encode`] writes is accepted.
    fn decode(text: &str) -> Option<Self> {
        let place = Self::read(&String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?)?;
        (place.encode() == text).then_some(place)
    }
}

impl Place for HistoryCursor {
    fn write(&self) -> String {
        format!("{}:{}", self.created_at_ms, self.id)
    }

    fn read(plain: &str) -> Option<Self> {
        let (created_at_ms, id) = plain.split_once(':')?;
        Some(Self { created_at_ms: created_at_ms.parse().ok()?, id: id.to_owned() })
    }
}

impl Place for i64 {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(plain: &str) -> Option<Self> {
        plain.parse().ok()
    }
}

/// Reads the four arguments of a connection.
///
/// # Errors
/// `BAD_REQUEST` for a number outside 1–100, for both numbers at once, and for a cursor that is not
/// ours.
pub fn window<P: Place>(
    first: Option<i32>,
    after: Option<&str>,
    last: Option<i32>,
    before: Option<&str>,
) -> Result<Window<P>, ApiError> {
    if first.is_some() && last.is_some() {
        return Err(bad("`first` 和 `last` 不能同时使用", "`first` and `last` cannot be used together"));
    }
    let limit = first.or(last).unwrap_or(PAGE_DEFAULT);
    if !(1..=PAGE_MAX).contains(&limit) {
        return Err(bad("每页数量必须在 1 到 100 之间", "A page holds 1 to 100 items"));
    }
    let place = |text: Option<&str>| match text {
        None => Ok(None),
        Some(text) => P::decode(text).map(Some).ok_or_else(|| bad("游标无效", "This cursor is not valid")),
    };
    Ok(Window {
        limit: u64::from(limit.unsigned_abs()),
        after: place(after)?,
        before: place(before)?,
        from_end: last.is_some(),
    })
}

/// The page size that a connection's complexity is counted with.
pub fn page_size(first: Option<i32>, last: Option<i32>) -> usize {
    usize::try_from(first.or(last).unwrap_or(PAGE_DEFAULT).clamp(1, PAGE_MAX)).unwrap_or(1)
}

const fn bad(zh: &'static str, en: &'static str) -> ApiError {
    ApiError::with_message(ErrorCode::BadRequest, zh, en)
}

/// One page of wire objects, each with its place.
pub struct Slice<T> {
    pub(in crate::graphql) nodes: Vec<(String, T)>,
    pub(in crate::graphql) has_previous: bool,
    pub(in crate::graphql) has_next: bool,
}

impl<T> Slice<T> {
    /// Makes wire objects of a page's rows.
    pub fn new<Row, P: Place>(
        page: Page<Row>,
        window: &Window<P>,
        place: impl Fn(&Row) -> P,
        wire: impl Fn(Row) -> T,
    ) -> Self {
        let (has_previous, has_next) = if window.from_end {
            (page.has_more, window.before.is_some())
        } else {
            (window.after.is_some(), page.has_more)
        };
        let nodes = page.rows.into_iter().map(|row| (place(&row).encode(), wire(row))).collect();
        Self { nodes, has_previous, has_next }
    }
}

/// The total, counted only when it is asked for.
#[async_trait]
pub trait TotalCount: Send + Sync {
    /// Counts.
    async fn count(&self, ctx: &async_graphql::Context<'_>) -> Result<i32, Error>;
}

/// Declares a connection and its edge over one node type.
macro_rules! connection {
    ($connection:ident, $edge:ident, $node:ty, $list:literal, $one:literal) => {
        #[doc = $list]
        pub struct $connection {
            slice: $crate::graphql::connection::Slice<$node>,
            total: Box<dyn $crate::graphql::connection::TotalCount>,
        }

        impl $connection {
            /// A page, and how to count the whole list.
            pub fn new(
                slice: $crate::graphql::connection::Slice<$node>,
                total: Box<dyn $crate::graphql::connection::TotalCount>,
            ) -> Self {
                Self { slice, total }
            }
        }

        #[doc = $list]
        #[async_graphql::Object]
        impl $connection {
            /// The items of this page, each with its cursor.
            async fn edges(&self) -> Vec<$edge> {
                self.slice
                    .nodes
                    .iter()
                    .map(|(cursor, node)| $edge { cursor: cursor.clone(), node: node.clone() })
                    .collect()
            }

            /// The items of this page.
            async fn nodes(&self) -> Vec<$node> {
                self.slice.nodes.iter().map(|(_, node)| node.clone()).collect()
            }

            /// Whether there is more, and from where to ask on.
            async fn page_info(&self) -> async_graphql::connection::PageInfo {
                async_graphql::connection::PageInfo {
                    has_previous_page: self.slice.has_previous,
                    has_next_page: self.slice.has_next,
                    start_cursor: self.slice.nodes.first().map(|(cursor, _)| cursor.clone()),
                    end_cursor: self.slice.nodes.last().map(|(cursor, _)| cursor.clone()),
                }
            }

            /// How many items the whole list has; counted only when asked for.
            async fn total_count(&self, ctx: &async_graphql::Context<'_>) -> Result<i32, async_graphql::Error> {
                self.total.count(ctx).await
            }
        }

        #[doc = $one]
        #[derive(async_graphql::SimpleObject)]
        pub struct $edge {
            /// The item's place in the list.
            cursor: String,
            /// The item.
            node: $node,
        }
    };
}
pub(crate) use connection;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_bounded_and_exclusive() {
        let parse = |first, last| window::<i64>(first, None, last, None);
        assert_eq!(parse(None, None).map(|window| window.limit), Ok(24));
        assert_eq!(parse(Some(100), None).map(|window| window.limit), Ok(100));
        assert!(parse(Some(101), None).is_err());
        assert!(parse(Some(0), None).is_err());
        assert!(parse(None, Some(-1)).is_err());
        assert!(parse(Some(1), Some(1)).is_err());
        assert_eq!(parse(None, Some(7)).map(|window| (window.limit, window.from_end)), Ok((7, true)));
        assert!(window::<i64>(None, Some("nonsense!"), None, None).is_err());
    }

    #[test]
    fn cursors_round_trip_and_have_one_spelling() {
        let cursor = HistoryCursor { created_at_ms: -5, id: "session_20260110143052_a3f2".to_owned() };
        let read = window(None, Some(&cursor.encode()), None, None);
        assert_eq!(read.map(|window| window.after), Ok(Some(cursor)));
        assert_eq!(i64::decode(&URL_SAFE_NO_PAD.encode("+5")), None);
    }

    #[test]
    fn a_page_knows_what_lies_around_it() {
        let slice = |from_end, after: Option<i64>, has_more| {
            let window = Window { limit: 2, after, before: None, from_end };
            let slice = Slice::new(Page { rows: vec![3_i64, 2], has_more }, &window, |row| *row, |row| row);
            (slice.has_previous, slice.has_next)
        };
        assert_eq!(slice(false, None, true), (false, true));
        assert_eq!(slice(false, Some(4), false), (true, false));
        assert_eq!(slice(true, None, true), (true, false));
    }
}
