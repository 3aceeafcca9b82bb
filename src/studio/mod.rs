//! What makes a good poster: report, style, plan, plate, composition, check.
