//! Prices, all in integers: credits, yuan and fen (1 yuan = 100 fen).

/// Credits bought by one yuan.
pub const CREDITS_PER_YUAN: i64 = 10;
/// Credits held, then captured or released, for one poster.
pub const CREDITS_PER_POSTER: i64 = 4;
/// Credits held, then captured or released, for one edit (whole image and brush cost the same).
pub const CREDITS_PER_EDIT: i64 = 4;
/// The recharge amounts offered as buttons, in yuan; any whole yuan within
/// [`RECHARGE_YUAN_MIN`]..=[`RECHARGE_YUAN_MAX`] is accepted.
pub const RECHARGE_OPTIONS_YUAN: [i64; 4] = [1, 10, 50, 100];
/// The smallest recharge, in yuan.
pub const RECHARGE_YUAN_MIN: i64 = 1;
/// The largest recharge, in yuan.
pub const RECHARGE_YUAN_MAX: i64 = 5000;

/// Credits bought by a whole number of yuan.
pub const fn credits_for_yuan(yuan: i64) -> i64 {
    yuan * CREDITS_PER_YUAN
}

/// What credits cost, in fen.
pub const fn fen_for_credits(credits: i64) -> i64 {
    credits * 100 / CREDITS_PER_YUAN
}
