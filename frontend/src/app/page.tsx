import { Recognizer } from "@/features/recognizer/Recognizer";
import styles from "./page.module.css";

export default function DrawPage() {
  return (
    <div className={styles.page}>
      <div className={styles.title}>
        <h1>Draw a digit</h1>
        <p>A neural network reads along, on your device.</p>
      </div>
      <noscript>
        <p className={styles.noscript}>
          <strong>This page needs JavaScript.</strong> The network that reads your drawing runs in your
          browser, so without it there is nobody to read. <a href="/about">How it works</a> needs none.
        </p>
      </noscript>
      <Recognizer />
    </div>
  );
}
