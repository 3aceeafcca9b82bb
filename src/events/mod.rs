//! What happened to a generation, in order, replayable from any point.
