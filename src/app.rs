//! The only place where implementations are chosen.
