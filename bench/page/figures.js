// Helpers for figures.

/** Returns the quantile of the values, such as the median for 0.5, or null if there are no values. */
export function at(share, values) {
  if (!values?.length) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  return below + (above - below) * (place - Math.floor(place));
}

export function shuffled(items) {
  const left = [...items];
  const order = [];
  while (left.length) order.push(...left.splice(Math.floor(Math.random() * left.length), 1));
  return order;
}
