import type { Problem } from "./errors";
import type { FromWorker, LoadEvent, ToWorker } from "./messages";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Prediction, ReleaseInfo } from "./types";

export interface ClientEvents {
  /** Also when another release begins to answer. */
  onReady(release: ReleaseInfo): void;
  onLoadEvent(event: LoadEvent): void;
  /** `input` is the very object that was asked about. */
  onPrediction(prediction: Prediction, input: DrawingInput): void;
  /** The client is of no use after this. */
  onFailed(problem: Problem): void;
}

interface Request {
  readonly id: number;
  readonly input: DrawingInput;
}

/**
 * The page's side of the inference worker. One question is with the worker at a time and at most one waits, the newest:
 * latest wins, and answers never lag behind a quick hand.
 */
export class InferenceClient {
  private ready = false;
  private nextId = 0;
  private pending: Request | null = null;
  private queued: Request | null = null;
  private cancelled: Request | null = null;
  private readonly pendingExplanations = new Map<number, (explanation: Explanation | null) => void>();

  /**
   * @param worker - Of which nobody has asked anything; the client owns it.
   */
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

  /** Ask for an answer; whatever still waits is forgotten. */
  predict(input: DrawingInput): void {
    this.queued = { id: this.nextId++, input };
    this.askNext();
  }

  /**
   * What in an image the answer comes from; null when it cannot be had.
   *
   * @param pixels - As a glyph holds them.
   */
  explain(pixels: Uint8Array<ArrayBuffer>): Promise<Explanation | null> {
    if (!this.ready) return Promise.resolve(null);
    const id = this.nextId++;
    this.send({ type: "explain", id, pixels });
    return new Promise((resolve) => this.pendingExplanations.set(id, resolve));
  }

  /** Let the release that was offered answer whatever is asked from now on. */
  acceptUpdate(): void {
    this.send({ type: "acceptUpdate" });
  }

  /** Want no answer any more, not even to what was asked. */
  cancel(): void {
    this.queued = null;
    this.cancelled = this.pending;
  }

  /** Stop the worker; no event follows. */
  close(): void {
    this.worker.onmessage = this.worker.onerror = this.worker.onmessageerror = null;
    this.worker.terminate();
    this.ready = false;
    for (const resolve of this.pendingExplanations.values()) resolve(null);
    this.pendingExplanations.clear();
  }

  private askNext(): void {
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
    this.askNext();
  }

  private fail(problem: Problem): void {
    this.close();
    this.events.onFailed(problem);
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}
