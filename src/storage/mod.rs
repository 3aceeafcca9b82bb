//! The only writer of files: object keys, durable puts, renditions and signed URLs.
