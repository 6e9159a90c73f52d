/**
 * Softmax with temperature scaling.
 *
 * @param logits - At least one; finite.
 * @param temperature - Above 0. A temperature above 1 lowers the confidence, one below 1 raises it.
 * @returns Probabilities with sum 1.
 */
export function softmax(logits: ArrayLike<number>, temperature: number): number[] {
  // Subtract before dividing: the quotient of a small temperature may overflow, but never becomes NaN.
  const peak = Math.max(...Array.from(logits));
  const powers = Array.from(logits, (logit) => Math.exp((logit - peak) / temperature));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}
