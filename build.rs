//! The web client is embedded in the binary: a new build of it must make a new binary.

fn main() {
    println!("cargo:rerun-if-changed=web/dist");
}
