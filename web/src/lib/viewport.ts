/** How the picture lies on the stage: enlarged from fitting it, and moved from its middle, in screen pixels. */
export interface View {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  width: number;
  height: number;
}

export const fitted: View = { scale: 1, x: 0, y: 0 };
export const zoomMax = 8;

/** The largest size of this shape that the stage holds. */
export function fitSize(picture: Size, stage: Size): Size {
  const scale = Math.min(stage.width / picture.width, stage.height / picture.height);
  return { width: Math.max(1, picture.width * scale), height: Math.max(1, picture.height * scale) };
}

const limit = (value: number, most: number) => Math.min(most, Math.max(-most, value)) + 0;

/** The view with as much of the picture on the stage as there can be: never lost beyond an edge. */
export function held(view: View, picture: Size, stage: Size): View {
  const room = (length: number, available: number) => Math.max(0, (length * view.scale - available) / 2);
  return { scale: view.scale, x: limit(view.x, room(picture.width, stage.width)), y: limit(view.y, room(picture.height, stage.height)) };
}

/** Enlarges around a point, given from the stage's middle: what is under it stays under it. */
export function zoomedAt(view: View, factor: number, x: number, y: number): View {
  const scale = Math.min(zoomMax, Math.max(1, view.scale * factor));
  const grown = scale / view.scale;
  return { scale, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown };
}
