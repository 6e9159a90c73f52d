import type { Problem } from "./errors";
import type { FromWorker, LoadEvent, ToWorker } from "./messages";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Prediction, ReleaseInfo } from "./types";

export interface ClientEvents {
  /** Called when the model is loaded, and again when an update is activated. */
  onReady(release: ReleaseInfo): void;
  onLoadEvent(event: LoadEvent): void;
  /** `input` is the object that was passed to `predict`. */
  onPrediction(prediction: Prediction, input: DrawingInput): void;
  /** The client is closed. */
  onFailed(problem: Problem): void;
}

interface Request {
  readonly id: number;
  readonly input: DrawingInput;
}

/**
 * The page's interface to the inference worker. At most one prediction is pending in the worker, and at most one request is
 * queued. A newer request replaces the queued one, so predictions do not fall behind fast drawing.
 */
export class InferenceClient {
  private ready = false;
  private nextId = 0;
  private pending: Request | null = null;
  private queued: Request | null = null;
  private cancelled: Request | null = null;
  private readonly pendingExplanations = new Map<number, (explanation: Explanation | null) => void>();

  /** @param worker - A worker that has received no message. The client terminates it. */
  constructor(
    private readonly worker: Worker,
    private readonly events: ClientEvents,
  ) {
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail({ code: "workerStopped", message: event.message });
    };
    worker.onmessageerror = () => this.fail({ code: "unreadableMessage" });
    this.send({ type: "load" });
  }

  /** Request a prediction. It replaces the queued request. */
  predict(input: DrawingInput): void {
    this.queued = { id: this.nextId++, input };
    this.sendNext();
  }

  /**
   * Explain the prediction for an image.
   *
   * @param pixels - 784 of 0…255, row by row, as in `Glyph.pixels`.
   * @returns Null if no explanation is available: the model is not ready or was closed, a newer request for an explanation
   *   replaced this one, or computing it failed.
   */
  explain(pixels: Uint8Array<ArrayBuffer>): Promise<Explanation | null> {
    if (!this.ready) return Promise.resolve(null);
    const id = this.nextId++;
    this.send({ type: "explain", id, pixels });
    return new Promise((resolve) => this.pendingExplanations.set(id, resolve));
  }

  /** Activate the available update. It makes all later predictions. */
  acceptUpdate(): void {
    this.send({ type: "acceptUpdate" });
  }

  /** Drop the queued request and ignore the pending prediction. */
  cancel(): void {
    this.queued = null;
    this.cancelled = this.pending;
  }

  /** Terminate the worker. No event follows. */
  close(): void {
    this.worker.onmessage = this.worker.onerror = this.worker.onmessageerror = null;
    this.worker.terminate();
    this.ready = false;
    for (const resolve of this.pendingExplanations.values()) resolve(null);
    this.pendingExplanations.clear();
  }

  private sendNext(): void {
    if (!this.ready || this.pending !== null || this.queued === null) return;
    this.pending = this.queued;
    this.queued = null;
    this.send({ type: "predict", ...this.pending });
  }

  private receive(message: FromWorker): void {
    switch (message.type) {
      case "ready":
        this.ready = true;
        this.events.onReady(message.release);
        break;
      case "prediction": {
        const request = this.pending;
        if (request === null || request.id !== message.id) return;
        this.pending = null;
        if (request !== this.cancelled) this.events.onPrediction(message.prediction, request.input);
        break;
      }
      case "explanation":
        this.pendingExplanations.get(message.id)?.(message.explanation);
        this.pendingExplanations.delete(message.id);
        break;
      case "failed":
        this.fail(message.problem);
        return;
      default:
        this.events.onLoadEvent(message);
    }
    this.sendNext();
  }

  private fail(problem: Problem): void {
    this.close();
    this.events.onFailed(problem);
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}
