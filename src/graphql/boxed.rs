//! Values whose answering waits on the heap.

use std::borrow::Cow;

use async_graphql::{
    ContextSelectionSet, OutputType, Positioned, ServerResult, Value, parser::types::Field, registry::Registry,
};

/// The same type to clients, boxed, and answered in a boxed future.
///
/// A subscription keeps room for one event and for the future that answers it as long as it lives,
/// and a union has the size of its largest member: KiB in each of thousands of sockets that wait.
/// Boxed, they exist only while an event is written.
pub(super) struct Boxed<T>(Box<T>);

impl<T> Boxed<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Box::new(value))
    }
}

impl<T: OutputType> OutputType for Boxed<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn introspection_type_name(&self) -> Cow<'static, str> {
        self.0.introspection_type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        T::create_type_info(registry)
    }

    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        Box::pin(self.0.resolve(ctx, field)).await
    }
}
