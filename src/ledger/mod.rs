//! The only writer of balances: hold, capture, release, deposit, refund, audit.
