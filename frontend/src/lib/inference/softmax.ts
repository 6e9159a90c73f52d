/**
 * Softmax with temperature scaling.
 *
 * @param logits - At least one; finite.
 * @param temperature - Above 0. A temperature above 1 lowers the confidence, one below 1 raises it.
 * @returns Probabilities with sum 1.
 */
export function softmax(logits: ArrayLike<number>, temperature: number): number[] {
  const scaled = Array.from(logits, (logit) => logit / temperature);
  const peak = Math.max(...scaled);
  const powers = scaled.map((value) => Math.exp(value - peak));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}
