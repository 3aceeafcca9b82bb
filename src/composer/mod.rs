//! HTML and CSS templates with design tokens, turned into pixels.
