//! Rates: how often who may ask for what.
