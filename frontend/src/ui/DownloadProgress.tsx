import type { Progress } from "@/lib/inference/types";
import { modelText } from "@/text/model";
import { ProgressBar } from "./ProgressBar";

/** Progress of the model's download. */
export function DownloadProgress({ progress }: { readonly progress: Progress }) {
  return (
    <ProgressBar label={modelText.progress} value={progress.received} max={progress.total}>
      {modelText.bytesReceived(progress)}
    </ProgressBar>
  );
}
