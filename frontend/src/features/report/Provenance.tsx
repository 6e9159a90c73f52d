import type { ReleaseInfo } from "@/lib/inference/types";
import { modelText } from "@/text/model";
import { reportText } from "@/text/report";
import styles from "./ModelReport.module.css";

const text = reportText.provenance;

/** Where the release comes from, who signed it, and the command that verifies it. */
export function Provenance({ release }: { readonly release: ReleaseInfo }) {
  const { id, origin, storage, signature } = release;
  const command = storage && text.command(id, storage, location.origin);
  return (
    <div className={styles.provenance}>
      <p>
        {text.release} <code>{id}</code>, {modelText.origin[origin]}
        {signature !== null && (
          <>
            , {text.signedBy} <code>{signature.keyId}</code> {text.signedOn(signature)}
          </>
        )}
        . {origin !== "bundled" && signature === null && text.unsigned}
      </p>
      {command && (
        <p>
          {text.verify} <code className={styles.command}>{command}</code>
        </p>
      )}
    </div>
  );
}
