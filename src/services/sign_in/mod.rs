//! Sign-in: codes by e-mail, tokens, sessions and partners' keys.

mod codes;
mod hs256;
mod tokens;

pub use self::{
    codes::{CodePolicy, CodeStore, IssuedCode, MemoryCodeStore, Redemption, TooManyCodes},
    tokens::{Claims, TokenError, TokenKeys, init_crypto},
};
