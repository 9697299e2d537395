/** Ink on a grid of values from 0 to 1: lines that are whole, however few points of them a browser tells. */
export type Point = [x: number, y: number];

/** A soft tip of a pixel and a bit: like what scanned digits look like. */
const TIP = 1.3;

/** Draws from one point to the next, in pixels of the grid; `values` keeps what is darker already. */
export function draw(values: Float32Array, side: number, from: Point, to: Point): void {
  for (let place = 0; place < values.length; place++) {
    const ink = TIP - distance([place % side, Math.floor(place / side)], from, to);
    if (ink > 0) values[place] = Math.min(1, Math.max(values[place], ink));
  }
}

/** How far a point is from the nearest of a line. */
function distance([x, y]: Point, [fromX, fromY]: Point, [toX, toY]: Point): number {
  const [wide, high] = [toX - fromX, toY - fromY];
  const length = wide ** 2 + high ** 2;
  const along = length ? ((x - fromX) * wide + (y - fromY) * high) / length : 0;
  const at = Math.min(1, Math.max(0, along));
  return Math.hypot(x - fromX - at * wide, y - fromY - at * high);
}
