//! The composer that runs inside the process: CSS layout and drawing by `takumi`.

use std::sync::Arc;

use ::takumi::prelude::{
    DitheringAlgorithm, FromHtmlOptions, ImageSourceInput, Node, NodeKind, RenderOptions, StyleSheet, Viewport,
};
use image::RgbaImage;

use super::{ComposeError, Composer, FontLibrary, Placed, Scene, placement};

/// What draws the pages, with its version as pinned in `Cargo.toml`: the same page drawn by another
/// version may differ in a pixel.
pub const COMPOSER_VERSION: &str = "takumi 2.19.0";

/// The longest side of a page, in pixels: beyond it one picture would need more memory than a
/// whole set should.
const SIDE_PX_MAX: u32 = 4096;

/// Draws with `takumi`.
///
/// One page uses one thread: posters run side by side instead, which keeps memory bounded and
/// latency even.
#[derive(Debug)]
pub struct TakumiComposer {
    library: Arc<FontLibrary>,
}

impl TakumiComposer {
    /// A composer over the shipped fonts; the first page it draws unpacks them.
    pub fn new() -> Self {
        Self { library: FontLibrary::shipped() }
    }

    fn node(scene: &Scene) -> Result<Node, ComposeError> {
        if scene.width == 0 || scene.height == 0 || scene.width.max(scene.height) > SIDE_PX_MAX {
            return Err(ComposeError::Size(scene.width, scene.height));
        }
        let node = ::takumi::from_html(&scene.html, FromHtmlOptions::default())
            .map_err(|error| ComposeError::Markup(error.to_string()))?;
        Ok(node)
    }

    /// Puts the attached pictures into the tree by name, so that no name is left to look up
    /// anywhere else.
    fn attach(node: &mut Node, scene: &Scene) -> Result<(), ComposeError> {
        match &mut node.kind {
            NodeKind::Container { children } => children.iter_mut().try_for_each(|child| Self::attach(child, scene)),
            NodeKind::Image(data) => {
                if let ImageSourceInput::Url(name) = &data.src {
                    let picture =
                        scene.pictures.get(name).ok_or_else(|| ComposeError::UnknownPicture(name.to_string()))?;
                    data.src = ImageSourceInput::Rgba(picture.pixels.clone());
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn options(&self, scene: &Scene, mut node: Node) -> Result<RenderOptions<'_>, ComposeError> {
        Self::attach(&mut node, scene)?;
        Ok(RenderOptions::builder()
            .viewport(Viewport::new((scene.width, scene.height)).with_font_size(scene.rem_px.max(1.0)))
            .node(node)
            .fonts(self.library.fonts())
            .stylesheet(Arc::new(StyleSheet::parse_loosy(&scene.css)))
            .dithering(DitheringAlgorithm::OrderedBayer)
            .build())
    }
}

impl Default for TakumiComposer {
    fn default() -> Self {
        Self::new()
    }
}

impl Composer for TakumiComposer {
    fn measure(&self, scene: &Scene) -> Result<Vec<Placed>, ComposeError> {
        let node = Self::node(scene)?;
        let measured = ::takumi::measure(self.options(scene, node.clone())?)
            .map_err(|error| ComposeError::Drawing(error.to_string()))?;
        Ok(placement::collect(&node, &measured))
    }

    fn render(&self, scene: &Scene) -> Result<RgbaImage, ComposeError> {
        let node = Self::node(scene)?;
        let bitmap =
            ::takumi::render(self.options(scene, node)?).map_err(|error| ComposeError::Drawing(error.to_string()))?;
        let (width, height) = (bitmap.width(), bitmap.height());
        RgbaImage::from_raw(width, height, bitmap.into_raw())
            .ok_or_else(|| ComposeError::Drawing(format!("a bitmap of {width}×{height} has the wrong length")))
    }

    fn fonts(&self) -> &FontLibrary {
        &self.library
    }
}
