/**
 * Calibrated probabilities.
 *
 * @param logits - At least one, any scale.
 * @param temperature - Above 0; above 1 the answer is less sure, below 1 surer.
 */
export function softmax(logits: ArrayLike<number>, temperature: number): number[] {
  const scaled = Array.from(logits, (logit) => logit / temperature);
  const peak = Math.max(...scaled);
  const powers = scaled.map((value) => Math.exp(value - peak));
  const total = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / total);
}
